// SPDX-License-Identifier: GPL-2.0-only
//
// The table of control scenarios: complete, and right about where each fails.
#include "percpu_scope/prove/controls.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

constexpr std::uint64_t everything = PERCPU_SCOPE_FEATURE_CONTROLS | PERCPU_SCOPE_FEATURE_SYNCP |
                                     PERCPU_SCOPE_FEATURE_NMI | PERCPU_SCOPE_FEATURE_KPROBES |
                                     PERCPU_SCOPE_FEATURE_PREEMPT | PERCPU_SCOPE_FEATURE_SMP;

Machine machine(std::uint32_t bits, std::uint64_t features, std::string name) {
  Machine machine;
  machine.info.bits_per_long = bits;
  machine.info.features = features;
  machine.name = std::move(name);
  machine.usable_cpus = 2;
  machine.cpu_can_go_offline = true;
  return machine;
}

std::set<std::string> inapplicable(const Machine& machine) {
  std::set<std::string> names;
  for (const ControlScenario& scenario : control_scenarios())
    if (!why_not_applicable(scenario, machine).empty()) names.emplace(scenario.name);
  return names;
}

TEST(Controls, EveryMistakeHasItsNumberAndAnEntry) {
  std::set<std::uint32_t> numbers;
  std::set<std::string_view> names;
  std::uint32_t last = 0;
  for (const ControlScenario& scenario : control_scenarios()) {
    EXPECT_GE(scenario.number, last) << scenario.name;
    last = scenario.number;
    numbers.insert(scenario.number);
    EXPECT_TRUE(names.insert(scenario.name).second) << scenario.name << " is there twice";
    for (const std::string_view text : {scenario.name, scenario.mistake, scenario.idiom,
                                        scenario.counter, scenario.where, scenario.rate})
      EXPECT_FALSE(text.empty()) << scenario.name;
    EXPECT_NE(scenario.why_not, nullptr) << scenario.name;
    EXPECT_GT(scenario.updates, 0U) << scenario.name;
    EXPECT_EQ(scenario.contexts.empty(), scenario.period.count() == 0) << scenario.name;
    EXPECT_EQ(scenario.contexts.empty(), scenario.interruptions == 0) << scenario.name;
  }
  EXPECT_EQ(numbers, (std::set<std::uint32_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
                                              17, 18, 19}));
}

TEST(Controls, EveryControlOfTheModuleHasAScenario) {
  const std::regex name("\\.name = \"(control_[a-z0-9_]+)\"");
  std::set<std::string> in_module;
  for (const auto& file : std::filesystem::recursive_directory_iterator(PERCPU_SCOPE_KMOD)) {
    if (file.path().extension() != ".c") continue;
    std::ifstream source(file.path());
    const std::string text(std::istreambuf_iterator<char>(source), {});
    for (std::sregex_iterator match(text.begin(), text.end(), name), end; match != end; ++match)
      in_module.insert((*match)[1]);
  }
  std::set<std::string> in_table;
  for (const ControlScenario& scenario : control_scenarios())
    if (scenario.idiom.starts_with("control_")) in_table.emplace(scenario.idiom);
  EXPECT_FALSE(in_module.empty());
  EXPECT_EQ(in_module, in_table);
}

TEST(Controls, WhereTheyMustFail) {
  EXPECT_EQ(inapplicable(machine(32, everything, "i686")),
            (std::set<std::string>{"raw_increment", "plain_increment", "bh_among_tasks"}));
  EXPECT_EQ(inapplicable(machine(64, everything & ~PERCPU_SCOPE_FEATURE_SYNCP, "x86_64")),
            (std::set<std::string>{"raw_increment", "plain_increment", "bh_among_tasks", "no_syncp",
                                   "no_irqsave", "shared_syncp", "add_above_32_bits"}));
  const std::set<std::string> arm = inapplicable(machine(
      32, everything & ~(PERCPU_SCOPE_FEATURE_NMI | PERCPU_SCOPE_FEATURE_PREEMPT), "armv7l"));
  EXPECT_EQ(arm, (std::set<std::string>{"irqsave_read_write", "read_write_preemptible",
                                        "migrate_disable", "bh_among_tasks"}));
  Machine emulated = machine(32, everything, "armv7l");
  emulated.interrupts_between_blocks = true;
  EXPECT_EQ(inapplicable(emulated),
            (std::set<std::string>{"raw_increment", "plain_increment", "bh_among_tasks"}));
  EXPECT_EQ(inapplicable(machine(32, everything | PERCPU_SCOPE_FEATURE_RT, "armv7l")),
            (std::set<std::string>{"read_write_softirq"}));
}

TEST(Controls, WhatTheyTake) {
  Machine alone = machine(32, everything, "i686");
  alone.usable_cpus = 1;
  alone.cpu_can_go_offline = false;
  const std::set<std::string> names = inapplicable(alone);
  for (const char* name : {"remote_increment", "remote_fold", "no_syncp", "shared_syncp",
                           "online_only_sum", "hoisted_pointer", "cached_cpu"})
    EXPECT_TRUE(names.contains(name)) << name;
  const auto without = [](std::uint64_t feature) {
    return inapplicable(machine(32, everything & ~feature, "i686"));
  };
  EXPECT_TRUE(without(PERCPU_SCOPE_FEATURE_KPROBES).contains("read_write_injected"));
  EXPECT_FALSE(without(PERCPU_SCOPE_FEATURE_KPROBES).contains("read_write"));
  EXPECT_TRUE(without(PERCPU_SCOPE_FEATURE_SMP).contains("read_exactly"));
  EXPECT_TRUE(without(PERCPU_SCOPE_FEATURE_CONTROLS).contains("read_write"));
  EXPECT_FALSE(without(PERCPU_SCOPE_FEATURE_CONTROLS).contains("online_only_sum"));
}

TEST(Controls, ByName) {
  EXPECT_EQ(find_scenario("remote_fold").number, 9U);
  EXPECT_THROW((void)find_scenario("nonesuch"), UnknownNameError);
}

TEST(Controls, OnlyCaughtAndNotApplicableAreGood) {
  EXPECT_TRUE(is_good(Outcome::caught));
  EXPECT_TRUE(is_good(Outcome::not_applicable));
  EXPECT_FALSE(is_good(Outcome::not_caught));
  EXPECT_FALSE(is_good(Outcome::right_way_lost));
  EXPECT_FALSE(is_good(Outcome::interrupted));
}

TEST(Controls, Machines) {
  EXPECT_TRUE(machine(32, 0, "i686").is_x86());
  EXPECT_TRUE(machine(64, 0, "x86_64").is_x86());
  EXPECT_FALSE(machine(64, 0, "aarch64").is_x86());
}

}  // namespace
}  // namespace percpu_scope
