// SPDX-License-Identifier: GPL-2.0-only
//
// Every word is spelled in one place, and comes back.
#include "percpu_scope/words.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace percpu_scope {
namespace {

template <typename Word>
class Words : public testing::Test {};
using AllWords = testing::Types<Origin, Context>;
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
  EXPECT_EQ(spellings<Context>().size(), PERCPU_SCOPE_CONTEXT_COUNT);
}

static_assert(std::is_trivially_copyable_v<Storage>);
static_assert(Storage("u64") == Storage::u64 && Storage::u64 != Storage::local64);
static_assert(Storage::local64 < Storage::u64);
// Not to be mixed up.
static_assert(!std::equality_comparable_with<Storage, Variant>);

TEST(KernelWords, AreWhateverTheKernelSays) {
  EXPECT_EQ(to_string(Storage("u64_newer")), "u64_newer");
  EXPECT_EQ(to_string(Storage()), "");
  const std::string longest(PERCPU_SCOPE_NAME_SIZE - 1, 'x');
  EXPECT_EQ(to_string(Variant(longest)), longest);
  EXPECT_THROW(Variant(longest + 'x'), std::length_error);
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

TEST(ContextSet, HasThoseOfANewerModule) {
  const auto newer = static_cast<Context>(7);
  const auto last = static_cast<Context>(63);
  const ContextSet contexts{Context::task, newer, last};
  EXPECT_EQ(contexts.mask(), 1U | 1U << 7 | std::uint64_t{1} << 63);
  EXPECT_TRUE(contexts.contains(last));
  EXPECT_EQ(contexts.elements(), (std::vector{Context::task, newer, last}));
  EXPECT_EQ(to_string(contexts), "task,context-7,context-63");
  EXPECT_TRUE(ContextSet{static_cast<Context>(64)}.empty()) << "no mask has room for it";
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
