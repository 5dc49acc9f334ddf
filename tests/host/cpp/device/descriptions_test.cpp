// SPDX-License-Identifier: GPL-2.0-only
//
// What the module describes, and what a newer one may: words that this library does not
// know, which must not make the others unreadable.
#include <gtest/gtest.h>

#include <cstring>

#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

percpu_scope_counter described_counter() {
  percpu_scope_counter abi{};
  abi.id = 3;
  abi.field_count = 1;
  abi.size = 8;
  std::strcpy(&abi.name[0], "newer");
  std::strcpy(&abi.fields[0].name[0], "value");
  abi.fields[0].weight = 1;
  return abi;
}

TEST(Descriptions, WordsOfANewerModuleKeepTheirNumbers) {
  percpu_scope_counter abi = described_counter();
  abi.storage = 63;
  abi.origin = 7;
  abi.variant = UINT32_MAX;
  const Counter counter = counter_of(abi);
  EXPECT_EQ(counter.name, "newer");
  EXPECT_EQ(to_string(counter.storage), "storage-63");
  EXPECT_EQ(to_string(counter.origin), "origin-7");
  EXPECT_EQ(to_string(counter.variant), "variant-4294967295");
  ASSERT_EQ(counter.fields.size(), 1U);
  EXPECT_EQ(counter.fields[0].name, "value");
}

TEST(Descriptions, IdiomsFitStoragesOfANewerModule) {
  percpu_scope_idiom abi{};
  abi.storages = std::uint64_t{1} << 63;
  const Idiom idiom = idiom_of(abi);
  percpu_scope_counter counter = described_counter();
  counter.storage = 63;
  EXPECT_TRUE(idiom.fits(counter_of(counter)));
  // Beyond what the mask can tell.
  for (const std::uint32_t number : {64U, 127U, UINT32_MAX}) {
    counter.storage = number;
    EXPECT_FALSE(idiom.fits(counter_of(counter))) << number;
  }
}

TEST(Descriptions, MoreFieldsThanRoomAreMalformed) {
  percpu_scope_counter abi = described_counter();
  abi.field_count = PERCPU_SCOPE_FIELDS_MAX;
  EXPECT_EQ(counter_of(abi).fields.size(), std::size_t{PERCPU_SCOPE_FIELDS_MAX});
  abi.field_count = PERCPU_SCOPE_FIELDS_MAX + 1;
  EXPECT_THROW((void)counter_of(abi), MalformedError);
}

TEST(Descriptions, NamesThatFillTheirArrays) {
  percpu_scope_counter abi = described_counter();
  std::memset(&abi.name[0], 'n', sizeof(abi.name));
  EXPECT_EQ(counter_of(abi).name, std::string(sizeof(abi.name), 'n'));
}

}  // namespace
}  // namespace percpu_scope
