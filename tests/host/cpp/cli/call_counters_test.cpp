// SPDX-License-Identifier: GPL-2.0-only
//
// Names that no other process has.
#include "cli/counter/call_counters.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace percpu_scope::cli {
namespace {

TEST(CallCounter, IsNamedAfterItsProcess) {
  EXPECT_EQ(name_of_call_counter({.pid = 4194304, .started = 123456789012}),
            "calls-4194304-123456789012");
  // The same number later is another name.
  EXPECT_NE(name_of_call_counter({.pid = 7, .started = 1}),
            name_of_call_counter({.pid = 7, .started = 2}));
}

TEST(CallCounter, StartTimeIsBehindWhateverNameAProcessHas) {
  std::string fields;
  for (int field = 4; field < 22; ++field) fields += std::to_string(field) + ' ';
  EXPECT_EQ(parse_start_time("7 (cat) S " + fields + "987654 23 24\n"), 987654U);
  EXPECT_EQ(parse_start_time("7 (a) b) (c) S " + fields + "5 23\n"), 5U);
  for (const char* const text : {"", "7", "7 (cat)", "7 (cat) S 1 2 3\n"})
    EXPECT_FALSE(parse_start_time(text).has_value()) << text;
}

TEST(CallCounter, OfThisProcessIsOfTheOneThatRuns) {
  std::ifstream file("/proc/self/stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  const auto started = parse_start_time(stat);
  ASSERT_TRUE(started.has_value());
  EXPECT_GT(*started, 0U);
  EXPECT_EQ(name_of_call_counter(), name_of_call_counter({.pid = ::getpid(), .started = *started}));
}

}  // namespace
}  // namespace percpu_scope::cli
