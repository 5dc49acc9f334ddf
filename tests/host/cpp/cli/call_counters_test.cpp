// SPDX-License-Identifier: GPL-2.0-only
//
// Whose a counter is, by its name; what is nobody's.
#include "cli/counter/call_counters.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace percpu_scope::cli {
namespace {

TEST(CallCounter, NamesItsOwner) {
  const Owner owner{.pid = 4194304, .started = 123456789012};
  EXPECT_EQ(name_of_call_counter(owner), "calls-4194304-123456789012");
  EXPECT_EQ(owner_of_call_counter(name_of_call_counter(owner)), owner);
  // The same number later is another name.
  EXPECT_NE(name_of_call_counter({.pid = 7, .started = 1}),
            name_of_call_counter({.pid = 7, .started = 2}));
}

TEST(CallCounter, NamesThatPeopleGiveAreNobodys) {
  for (const char* const name :
       {"calls", "calls-", "calls-7", "calls-other", "calls-7-", "calls--7", "calls-7-x",
        "calls-0-1", "calls--7-1", "mycalls-7-1", "calls-7-1-1", "calls-99999999999-1"})
    EXPECT_FALSE(owner_of_call_counter(name).has_value()) << name;
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
  const auto owner = owner_of_call_counter(name_of_call_counter());
  ASSERT_TRUE(owner.has_value());
  EXPECT_EQ(owner->pid, ::getpid());
  std::ifstream file("/proc/self/stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(owner->started, parse_start_time(stat));
  EXPECT_GT(owner->started, 0U);
}

}  // namespace
}  // namespace percpu_scope::cli
