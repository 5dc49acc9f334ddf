// SPDX-License-Identifier: GPL-2.0-only
//
// The parser of debugfs tables, with good and with malformed text.
#include "percpu_scope/debugfs.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

constexpr const char* counters_text =
    "name   field       origin  variant         storage    size align        sum\n"
    "plain  value       static  DEFINE_PER_CPU  u64           8     8         12\n"
    "made   rx_packets  dynamic alloc_percpu    u64_stats    32     8 18446744073709551615\n";

TEST(DebugfsCounters, Parse) {
  const auto counters = parse_debugfs_counters(counters_text);
  ASSERT_EQ(counters.size(), 2U);
  EXPECT_EQ(counters[0].name, "plain");
  EXPECT_EQ(counters[0].variant, Variant::define_per_cpu);
  EXPECT_EQ(counters[0].sum, 12U);
  EXPECT_EQ(counters[1].field, "rx_packets");
  EXPECT_EQ(counters[1].origin, Origin::dynamic);
  EXPECT_EQ(counters[1].storage, Storage::u64_stats);
  EXPECT_EQ(counters[1].size, 32U);
  EXPECT_EQ(counters[1].align, 8U);
  EXPECT_EQ(counters[1].sum, UINT64_MAX);
}

TEST(DebugfsValues, Parse) {
  const auto rows = parse_debugfs_values(
      "counter field shared cpu0 cpu2 sum starved\n"
      "plain   value      0    3    4   7       1\n");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].cpus, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(rows[0].values, (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(rows[0].sum, 7U);
  EXPECT_EQ(rows[0].starved, 1U);
}

TEST(DebugfsOffsets, Parse) {
  const auto rows = parse_debugfs_offsets(
      "cpu node online              delta                raw\n"
      "0      0    yes 0x0000000000000000 0xffff888000000000\n"
      "1     -1     no 0xfffffffffff00000                  -\n");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_TRUE(rows[0].online);
  EXPECT_EQ(rows[0].raw, 0xffff888000000000U);
  EXPECT_EQ(rows[1].node, -1);
  EXPECT_FALSE(rows[1].online);
  EXPECT_EQ(rows[1].delta, 0xfffffffffff00000U);
  EXPECT_FALSE(rows[1].raw);
}

TEST(Debugfs, ColumnsAreFoundByName) {
  const auto rows = parse_debugfs_values(
      "sum extra cpu1 starved field counter shared\n"
      "9   x     8    2       value plain   1\n");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].counter, "plain");
  EXPECT_EQ(rows[0].shared, 1U);
  EXPECT_EQ(rows[0].values.at(0), 8U);
  EXPECT_EQ(rows[0].sum, 9U);
  EXPECT_EQ(rows[0].starved, 2U);
}

TEST(Debugfs, HeaderAloneIsAnEmptyTable) {
  EXPECT_TRUE(parse_debugfs_values("counter field shared cpu0 sum starved\n").empty());
}

class MalformedValues : public testing::TestWithParam<const char*> {};

TEST_P(MalformedValues, AreRefused) {
  EXPECT_THROW((void)parse_debugfs_values(GetParam()), MalformedError);
}

INSTANTIATE_TEST_SUITE_P(
    Debugfs, MalformedValues,
    testing::Values(
        "", "\n", "   \n", "counter field shared cpu0 starved\nplain value 0 1 0\n",
        "counter field shared cpu0 sum\nplain value 0 1 1\n",
        "counter field shared cpu0 sum starved\nplain value 0 1 0\n",
        "counter field shared cpu0 sum starved\nplain value 0 1 2 0 3\n",
        "counter field shared cpu0 sum starved\nplain value 0 x 2 0\n",
        "counter field shared cpu0 sum starved\nplain value 0 -1 2 0\n",
        "counter field shared cpu0 sum starved\nplain value 0 1 18446744073709551616 0\n",
        "counter field shared cpu0 sum starved\nplain value 0 0x 2 0\n",
        "counter field shared cpu0 sum starved\nplain value 0 1 2 -\n",
        "counter field shared cpux sum starved\nplain value 0 1 2 0\n",
        "counter field shared cpu sum starved\nplain value 0 1 2 0\n"));

TEST(Debugfs, WordsOfANewerModuleAreTaken) {
  std::string text = counters_text;
  text.replace(text.find("u64_stats"), 9, "u65_stats");
  text.replace(text.find("alloc_percpu "), 13, "alloc_newer  ");
  const auto counters = parse_debugfs_counters(text);
  EXPECT_EQ(to_string(counters.at(1).storage), "u65_stats");
  EXPECT_EQ(to_string(counters.at(1).variant), "alloc_newer");
}

TEST(Debugfs, WhatIsNoWordIsRefused) {
  std::string text = counters_text;
  text.replace(text.find("u64_stats"), 9, std::string(PERCPU_SCOPE_NAME_SIZE, 'x'));
  EXPECT_THROW((void)parse_debugfs_counters(text), MalformedError);
  text = counters_text;
  text.replace(text.find("dynamic"), 7, "organic");
  EXPECT_THROW((void)parse_debugfs_counters(text), MalformedError);
  EXPECT_THROW((void)parse_debugfs_offsets("cpu node online delta raw\n0 0 maybe 0 -\n"),
               MalformedError);
}

TEST(Debugfs, ErrorsSayWhere) {
  try {
    (void)parse_debugfs_values("counter field shared cpu0 sum starved\nplain value 0 x 2 0\n");
    FAIL() << "x is no number";
  } catch (const MalformedError& error) {
    EXPECT_STREQ(error.what(),
                 "debugfs file 'values' line 2 column 'cpu0': 'x' is no number in range");
  }
}

TEST(Debugfs, MissingFilesAreErrors) {
  const Debugfs debugfs("/nonexistent");
  try {
    (void)debugfs.values();
    FAIL() << "there is no such folder";
  } catch (const Error& error) {
    EXPECT_EQ(error.operation(), Operation::read_debugfs);
    EXPECT_EQ(error.error_number(), ENOENT);
  }
}

}  // namespace
}  // namespace percpu_scope
