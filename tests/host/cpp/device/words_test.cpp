// SPDX-License-Identifier: GPL-2.0-only
//
// Every word is spelled in one place, and comes back.
#include "percpu_scope/words.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace percpu_scope {
namespace {

template <typename Word>
class Words : public testing::Test {};
using AllWords = testing::Types<Storage, Origin, Variant, Context>;
TYPED_TEST_SUITE(Words, AllWords);

TYPED_TEST(Words, RoundTrip) {
  std::uint32_t number = 0;
  for (const std::string_view spelling : spellings<TypeParam>()) {
    const auto word = from_string<TypeParam>(spelling);
    ASSERT_TRUE(word) << spelling;
    EXPECT_EQ(static_cast<std::uint32_t>(*word), number);
    EXPECT_EQ(to_string(*word), spelling);
    EXPECT_EQ(from_number<TypeParam>(number), word);
    ++number;
  }
}

TYPED_TEST(Words, SpellingsDiffer) {
  const auto words = spellings<TypeParam>();
  const std::set<std::string_view> different(words.begin(), words.end());
  EXPECT_EQ(different.size(), words.size());
  EXPECT_FALSE(different.contains(""));
}

TYPED_TEST(Words, UnknownOnesAreRefused) {
  EXPECT_FALSE(from_string<TypeParam>("no such word"));
  EXPECT_FALSE(from_string<TypeParam>(""));
  const auto count = static_cast<std::uint32_t>(spellings<TypeParam>().size());
  EXPECT_FALSE(from_number<TypeParam>(count));
  EXPECT_FALSE(from_number<TypeParam>(UINT32_MAX));
  // It is shown all the same, by its number.
  EXPECT_TRUE(to_string(static_cast<TypeParam>(count)).ends_with("-" + std::to_string(count)));
}

TEST(WordTables, CoverTheAbi) {
  EXPECT_EQ(spellings<Storage>().size(), PERCPU_SCOPE_STORAGE_COUNT);
  EXPECT_EQ(spellings<Variant>().size(), PERCPU_SCOPE_VARIANT_COUNT);
  EXPECT_EQ(spellings<Context>().size(), PERCPU_SCOPE_CONTEXT_COUNT);
}

TEST(WordTables, AreTheMacrosAndCalls) {
  EXPECT_EQ(to_string(Variant::define_per_cpu), "DEFINE_PER_CPU");
  EXPECT_EQ(to_string(Variant::define_per_cpu_read_mostly), "DEFINE_PER_CPU_READ_MOSTLY");
  EXPECT_EQ(to_string(Variant::alloc_percpu_sized), "__alloc_percpu");
  EXPECT_EQ(to_string(Storage::percpu_counter), "percpu_counter");
  EXPECT_EQ(to_string(Origin::static_), "static");
}

TEST(ContextSet, IsTheAbisMask) {
  const ContextSet contexts{Context::softirq, Context::hardirq};
  EXPECT_EQ(contexts.mask(),
            1U << PERCPU_SCOPE_CONTEXT_SOFTIRQ | 1U << PERCPU_SCOPE_CONTEXT_HARDIRQ);
  EXPECT_EQ(to_string(contexts), "softirq,hardirq");
  EXPECT_EQ(to_string(ContextSet{}), "-");
}

TEST(ContextSet, ContainsElementsAndSubsets) {
  ContextSet contexts{Context::task, Context::hardirq};
  EXPECT_TRUE(contexts.contains(Context::task));
  EXPECT_FALSE(contexts.contains(Context::nmi));
  EXPECT_TRUE(contexts.contains(ContextSet{}));
  EXPECT_TRUE(contexts.contains(contexts));
  EXPECT_FALSE(contexts.contains(ContextSet{Context::task, Context::nmi}));
  contexts.erase(Context::task);
  EXPECT_EQ(contexts, ContextSet{Context::hardirq});
  EXPECT_TRUE((contexts & ContextSet{Context::task}).empty());
  EXPECT_EQ((contexts | ContextSet{Context::task}), (ContextSet{Context::task, Context::hardirq}));
}

}  // namespace
}  // namespace percpu_scope
