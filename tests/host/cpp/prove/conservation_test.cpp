// SPDX-License-Identifier: GPL-2.0-only
//
// The arithmetic of issued against counted.
#include "percpu_scope/prove/conservation.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"

namespace percpu_scope {
namespace {

constexpr std::uint64_t both_halves(std::uint32_t half) { return std::uint64_t{half} << 32 | half; }

TEST(Arithmetic, SumsWrapModulo64Bits) {
  EXPECT_EQ(gain(Arithmetic::sum, 3, 1500), 4500U);
  EXPECT_EQ(gain(Arithmetic::sum, std::uint64_t{1} << 63, 2), 0U);
  EXPECT_EQ(add(Arithmetic::sum, UINT64_MAX, 2), 1U);
  EXPECT_EQ(subtract(Arithmetic::sum, 1, 2), UINT64_MAX);
}

TEST(Arithmetic, BothHalvesCarry) {
  EXPECT_EQ(gain(Arithmetic::both_halves, 3, 1500), both_halves(4500));
  // 3 million updates of weight 1500 are more than 2^32: the lower half has wrapped.
  constexpr std::uint64_t product = 3'000'000ULL * 1500;
  EXPECT_EQ(gain(Arithmetic::both_halves, 3'000'000, 1500), product * ((1ULL << 32) + 1));
  EXPECT_TRUE(is_torn(gain(Arithmetic::both_halves, 3'000'000, 1500))) << "and is no pattern";
  EXPECT_EQ(add(Arithmetic::both_halves, 0x0000'0001'ffff'ffffU, 1), 0x0000'0002'0000'0000U);
  EXPECT_EQ(subtract(Arithmetic::both_halves, 0x0000'0002'0000'0000U, 1), 0x0000'0001'ffff'ffffU);
  EXPECT_EQ(arithmetic_of({.flags = PERCPU_SCOPE_IDIOM_BOTH_HALVES}), Arithmetic::both_halves);
  EXPECT_EQ(arithmetic_of({.flags = PERCPU_SCOPE_IDIOM_PATTERN}), Arithmetic::pattern);
  EXPECT_EQ(arithmetic_of({}), Arithmetic::sum);
}

TEST(Arithmetic, PatternsWrapInEachHalf) {
  EXPECT_EQ(gain(Arithmetic::pattern, 3, 1500), both_halves(4500));
  // 2^31 updates of weight 3 are 2^32 + 2^31.
  EXPECT_EQ(gain(Arithmetic::pattern, std::uint64_t{1} << 31, 3), both_halves(1U << 31));
  EXPECT_EQ(gain(Arithmetic::pattern, std::uint64_t{1} << 32, 1), 0U);
  EXPECT_EQ(add(Arithmetic::pattern, both_halves(UINT32_MAX), both_halves(2)), both_halves(1));
  EXPECT_EQ(subtract(Arithmetic::pattern, both_halves(1), both_halves(2)), both_halves(UINT32_MAX));
}

TEST(Arithmetic, HalvesDoNotCarry) {
  EXPECT_EQ(add(Arithmetic::pattern, 0x0000'0001'ffff'ffffU, 1), 0x0000'0001'0000'0000U);
  EXPECT_EQ(subtract(Arithmetic::pattern, 0x0000'0001'0000'0000U, 1), 0x0000'0001'ffff'ffffU);
}

TEST(Arithmetic, UnequalHalvesAreTorn) {
  EXPECT_FALSE(is_torn(0));
  EXPECT_FALSE(is_torn(both_halves(UINT32_MAX)));
  EXPECT_TRUE(is_torn(1));
  EXPECT_TRUE(is_torn(0x0000'0002'0000'0001U));
}

TEST(Conservation, ComparesEveryField) {
  const Snapshot before(
      samples::record_words(CounterId{7}, 2, {0, 0}, {1, 1500, 2, 3000}, {3, 4500}));
  const Snapshot after(
      samples::record_words(CounterId{7}, 2, {0, 0}, {6, 9000, 6, 8999}, {12, 17999}));
  const auto fields = conservation_of(samples::stats(), Arithmetic::sum, 9, before.records()[0],
                                      after.records()[0]);
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].field, "packets");
  EXPECT_EQ(fields[0].issued, 9U);
  EXPECT_EQ(fields[0].counted, 9U);
  EXPECT_TRUE(fields[0].exact());
  EXPECT_EQ(fields[1].issued, 13500U);
  EXPECT_EQ(fields[1].counted, 13499U);
  EXPECT_EQ(fields[1].lost, 1U);
  EXPECT_FALSE(fields[1].exact());
  EXPECT_FALSE(all_exact(fields));
}

TEST(Conservation, HoldsAcrossAWrap) {
  const Snapshot before(
      samples::record_words(CounterId{1}, 1, {0}, {UINT64_MAX - 1, 0}, {UINT64_MAX - 1}));
  const Snapshot after(samples::record_words(CounterId{1}, 1, {0}, {3, 0}, {3}));
  const auto fields = conservation_of(samples::plain(), Arithmetic::sum, 5, before.records()[0],
                                      after.records()[0]);
  EXPECT_TRUE(all_exact(fields));
}

TEST(Conservation, NarrowFieldsWrapAtTheirOwnWidth) {
  Counter narrow = samples::plain();
  narrow.fields[0].bits = 32;
  const Snapshot before(samples::record_words(CounterId{1}, 1, {0}, {UINT32_MAX, 0}, {UINT32_MAX}));
  const Snapshot after(samples::record_words(CounterId{1}, 1, {0}, {4, 0}, {4}));
  const auto counted = [&](std::uint64_t updates) {
    return conservation_of(narrow, Arithmetic::sum, updates, before.records()[0],
                           after.records()[0]);
  };
  EXPECT_TRUE(all_exact(counted(5)));
  EXPECT_TRUE(all_exact(counted(5 + (std::uint64_t{1} << 32)))) << "once around, and that is known";
  EXPECT_EQ(counted(7).at(0).lost, 2U);
  narrow.fields[0].bits = 64;
  EXPECT_FALSE(all_exact(counted(5)));
}

TEST(Conservation, PatternsOfAllCpusAddUpWithoutCarry) {
  // The kernel's sum carries from the low halves into the high ones; it must not be used.
  const std::uint64_t value = both_halves(0xc000'0000);
  const Snapshot before(samples::record_words(CounterId{1}, 1, {0}, {0, 0}, {0}));
  const Snapshot after(
      samples::record_words(CounterId{1}, 1, {0}, {value, value}, {value + value}));
  ASSERT_TRUE(is_torn(value + value));
  const auto fields = conservation_of(samples::plain(), Arithmetic::pattern, 0x1'8000'0000U,
                                      before.records()[0], after.records()[0]);
  EXPECT_EQ(fields.at(0).counted, both_halves(0x8000'0000));
  EXPECT_TRUE(all_exact(fields));
}

TEST(Conservation, NoFieldsAreNotExact) { EXPECT_FALSE(all_exact({})); }

}  // namespace
}  // namespace percpu_scope
