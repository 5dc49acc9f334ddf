// SPDX-License-Identifier: GPL-2.0-only
//
// Controls: each scenario of the library's table is a test. One that is not
// caught where it must be is INCONCLUSIVE: then no other pass is worth a thing.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "support/generated.hpp"

namespace percpu_scope::guest {
namespace {

std::string numbers_text(const ControlNumbers& numbers) {
  return "issued " + std::to_string(numbers.issued) + ", interfering " +
         std::to_string(numbers.interfering) + ", injected " + std::to_string(numbers.injected) +
         ", lost " + std::to_string(numbers.lost) + ", readings " + std::to_string(numbers.reads) +
         ", torn " + std::to_string(numbers.torn) + ", backward " +
         std::to_string(numbers.backward) + ", starved " + std::to_string(numbers.starved) +
         ", open sections " + std::to_string(numbers.open_sections);
}

std::string_view threads_text(Threads threads) {
  switch (threads) {
    case Threads::one:
      return "one CPU";
    case Threads::two:
      return "two CPUs";
    case Threads::all:
      return "all CPUs";
    case Threads::unpinned:
      return "threads that nothing pins";
  }
  return "?";
}

std::string describe(const ControlScenario& scenario, const ControlResult& result) {
  std::string text = "control " + std::to_string(scenario.number) + ", " +
                     std::string(scenario.idiom) + " on " + std::string(scenario.counter) +
                     " in task";
  if (!scenario.contexts.empty()) text += "," + to_string(scenario.contexts);
  text += " on " + std::string(threads_text(scenario.threads)) + ", attempt " +
          std::to_string(result.attempts) + ": " + numbers_text(result.numbers);
  if (result.right_way)
    text +=
        "; beside it " + std::string(scenario.right_way) + ": " + numbers_text(*result.right_way);
  return text;
}

// The least rate of a control, of what it is a rate of: a tenth of the least that was ever
// measured, which its scenario tells. Caught once in a million is a window that nobody
// widens any more, or luck.
enum class Of { interruptions, injections, updates, readings, one_cpus_share };

struct Floor {
  std::string_view scenario;
  double least;
  Of of;
};

constexpr std::array floors{
    Floor{"read_write", 0.065, Of::interruptions},
    Floor{"read_write_softirq", 0.06, Of::interruptions},
    Floor{"read_write_injected", 1.0, Of::injections},
    // "Up to 73 %": what a thread overwrites when it comes back is a matter of chance.
    Floor{"read_write_preemptible", 0.01, Of::updates},
    Floor{"read_write_preemptible_softirq", 0.065, Of::interruptions},
    Floor{"this_cpu_read_write", 0.065, Of::interruptions},
    Floor{"raw_increment", 0.01, Of::interruptions},
    Floor{"plain_increment", 0.01, Of::interruptions},
    Floor{"irqsave_read_write", 0.003, Of::interruptions},
    Floor{"no_syncp", 0.00003, Of::readings},
    Floor{"no_irqsave", 0.1, Of::interruptions},
    Floor{"remote_increment", 0.03, Of::updates},
    Floor{"remote_fold", 0.08, Of::updates},
    Floor{"add_above_32_bits", 0.1, Of::updates},
    Floor{"online_only_sum", 0.1, Of::one_cpus_share},
    Floor{"migrate_disable", 0.005, Of::updates},
    Floor{"migrate_disable_softirq", 0.05, Of::interruptions},
    Floor{"bh_read_write", 0.04, Of::interruptions},
    Floor{"lost_carry", 0.1, Of::updates},
    Floor{"read_exactly", 0.5, Of::updates},
};
// Two writers under one sequence tear, lose, or shut all readers out for good, after which
// nothing can be counted: no rate.
// What tasks take from each other is the scheduler's affair.
// And how often a reader comes by between two stores is the host's affair, which may run
// neither for long.
constexpr std::array<std::string_view, 5> without_floor{"shared_syncp", "clear", "hoisted_pointer",
                                                        "cached_cpu", "bh_among_tasks"};

const Floor* floor_of(std::string_view scenario) {
  const auto* const found = std::find_if(
      floors.begin(), floors.end(), [&](const Floor& floor) { return floor.scenario == scenario; });
  return found == floors.end() ? nullptr : found;
}

double caught_of(const ControlScenario& scenario, const ControlNumbers& numbers) {
  if (scenario.caught_by == Catch::torn) return static_cast<double>(numbers.torn);
  if (scenario.caught_by == Catch::backward) return static_cast<double>(numbers.backward);
  if (scenario.caught_by == Catch::open_sections) return static_cast<double>(numbers.open_sections);
  if (scenario.caught_by == Catch::counted_twice) return -static_cast<double>(numbers.lost);
  return static_cast<double>(numbers.lost);
}

double whole_of(Of of, const ControlNumbers& numbers, std::size_t cpus) {
  switch (of) {
    case Of::interruptions:
      return static_cast<double>(numbers.interfering);
    case Of::injections:
      return static_cast<double>(numbers.injected);
    case Of::updates:
      return static_cast<double>(numbers.issued);
    case Of::readings:
      return static_cast<double>(numbers.reads);
    case Of::one_cpus_share:
      return static_cast<double>(numbers.issued) / static_cast<double>(cpus);
  }
  return 0;
}

void expect_rate(const DeviceTest& test, const ControlScenario& scenario,
                 const ControlNumbers& numbers, const std::string& what) {
  const Floor* const floor = floor_of(scenario.name);
  if (floor == nullptr) return;
  const double whole = whole_of(floor->of, numbers, test.catalogue.online.size());
  const double rate = caught_of(scenario, numbers) / std::max(whole, 1.0);
  ::testing::Test::RecordProperty(
      "rate", std::to_string(100 * rate) + " %, expected " + std::string(scenario.rate));
  EXPECT_GE(rate, floor->least) << "INCONCLUSIVE: hardly ever caught, expected " << scenario.rate
                                << ": " << what;
}

// The guest's init says what boots it.
Machine machine_here(const Device& device) {
  const char* const accelerator = std::getenv("PERCPU_SCOPE_ACCELERATOR");
  return machine_of(device, accelerator != nullptr && std::string_view(accelerator) == "tcg");
}

void run_controls(const DeviceTest& test, const ControlScenario& scenario) {
  const ControlResult result = run_control(test.device, scenario, machine_here(test.device));
  if (result.outcome == Outcome::not_applicable) GTEST_SKIP() << result.why;
  const std::string what = describe(scenario, result);
  ::testing::Test::RecordProperty("numbers", what);
  ASSERT_EQ(result.outcome, Outcome::caught)
      << (result.outcome == Outcome::not_caught ? "INCONCLUSIVE: " : "") << what;
  if (scenario.means == Means::injected) {
    // A kprobe in the window misses nothing, and nothing of it is kept.
    EXPECT_EQ(result.numbers.injected, scenario.updates) << what;
    EXPECT_EQ(result.numbers.lost, static_cast<std::int64_t>(scenario.updates)) << what;
    EXPECT_EQ(result.numbers.issued, 2 * scenario.updates) << what;
    EXPECT_EQ(result.attempts, 1U) << what;
  }
  expect_rate(test, scenario, result.numbers, what);
  // What is beside it must not have been a matter of luck, nor met less than it did.
  if (!scenario.contexts.empty()) {
    EXPECT_GE(result.numbers.interfering, scenario.interruptions) << what;
    if (result.right_way) {
      EXPECT_GE(result.right_way->interfering, scenario.interruptions) << what;
    }
  }
}

void generate_controls(const Catalogue& /*catalogue*/) {
  for (const ControlScenario& scenario : control_scenarios())
    add_test("Controls", std::string(scenario.name), __FILE__, __LINE__,
             [&scenario](const DeviceTest& test) { run_controls(test, scenario); });
}

const GeneratedSuite controls_suite("Controls", generate_controls);

using ControlTable = DeviceTest;

TEST_F(ControlTable, EveryControlOfTheModuleHasAScenario) {
  const auto scenarios = control_scenarios();
  for (const Idiom& idiom : catalogue.idioms) {
    if (!idiom.is_control()) continue;
    EXPECT_TRUE(
        std::any_of(scenarios.begin(), scenarios.end(),
                    [&](const ControlScenario& scenario) { return scenario.idiom == idiom.name; }))
        << idiom.name << " is never shown to fail";
  }
}

TEST_F(ControlTable, EveryScenarioHasALeastRate) {
  for (const ControlScenario& scenario : control_scenarios()) {
    const bool has_none =
        std::find(without_floor.begin(), without_floor.end(), scenario.name) != without_floor.end();
    EXPECT_EQ(floor_of(scenario.name) == nullptr, has_none) << scenario.name;
  }
  for (const Floor& floor : floors) EXPECT_NO_THROW((void)find_scenario(floor.scenario));
}

TEST_F(ControlTable, EveryScenarioCanBeRunHere) {
  for (const ControlScenario& scenario : control_scenarios()) {
    SCOPED_TRACE(scenario.name);
    EXPECT_TRUE(catalogue.idiom(scenario.idiom).fits(catalogue.counter(scenario.counter).storage));
    if (!scenario.right_way.empty()) {
      EXPECT_TRUE(
          catalogue.idiom(scenario.right_way).fits(catalogue.counter(scenario.counter).storage));
    }
  }
}

// The kinds of mistake that must fail on any machine with two CPUs. If one of
// these were called not applicable the run would pass and prove less.
TEST_F(ControlTable, WhatFailsEverywhereIsApplicableHere) {
  const Machine machine = machine_here(device);
  for (const char* const name : {"read_write", "this_cpu_read_write"})
    EXPECT_EQ(why_not_applicable(find_scenario(name), machine), "") << name;
  for (const char* const name : {"remote_increment", "remote_fold"})
    EXPECT_EQ(why_not_applicable(find_scenario(name), machine).empty(), catalogue.online.size() > 1)
        << name;
  EXPECT_EQ(why_not_applicable(find_scenario("read_write_softirq"), machine).empty(),
            !catalogue.info.has(PERCPU_SCOPE_FEATURE_RT));
  for (const char* const name : {"no_syncp", "no_irqsave", "shared_syncp", "add_above_32_bits"})
    EXPECT_EQ(why_not_applicable(find_scenario(name), machine).empty(),
              catalogue.info.bits_per_long == 32)
        << name;
}

// Where nothing is cut off the control is a correct idiom, however long it runs: after
// 2.9 million updates rx_bytes' lower half wraps into the upper.
TEST_F(ControlTable, AddingAboveThe32BitsCarries) {
  constexpr std::uint64_t updates = 3'000'000;
  const Counter& stats = catalogue.static_counter(Storage::u64_stats);
  const Idiom& idiom = catalogue.idiom("control_add_above_32_bits");
  device.reset(stats.id);
  const HammerResult result =
      hammer_on_cpus(device, {.counter = stats,
                              .idiom = idiom,
                              .cpus = {catalogue.online.front()},
                              .updates = updates,
                              .finding = catalogue.info.bits_per_long == 32});
  const std::string what = ::percpu_scope::describe(result.fields, arithmetic_of(idiom));
  if (catalogue.info.bits_per_long == 64) {
    EXPECT_TRUE(result.exact()) << what;
    EXPECT_TRUE(is_torn(sum(stats.id, 1))) << "INCONCLUSIVE: it did not wrap: " << what;
  } else {
    EXPECT_EQ(sum(stats.id, 0), updates) << "the lower halves alone: " << what;
  }
  EXPECT_ERRNO(ENODATA, device.verify({.counter = stats.id, .reads = 10}));
  device.reset(stats.id);
}

}  // namespace
}  // namespace percpu_scope::guest
