// SPDX-License-Identifier: GPL-2.0-only
//
// Matrix: every idiom in every mix of contexts that this kernel can generate,
// on one, two and all CPUs. Each is a test, and comes to what the module's own
// table says: conserved, refused with the one errno, or run as a finding.
// MatrixBhOff: the same of tasks that turn bottom halves off, on all CPUs.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

#include "support/generated.hpp"

namespace percpu_scope::guest {
namespace {

// So that the whole table takes minutes under emulation: the interrupts of a
// combination decide, and a context that does not come fails it.
MatrixLoad load() {
  return {.updates = 2'000,
          .interruptions = 20,
          .nmi_interruptions = 4,
          .period = std::chrono::microseconds(50),
          .waiting_updates = 100};
}

constexpr std::uint64_t untorn_reads = 200'000;
constexpr std::uint64_t untorn_reads_most = 10'000'000;
constexpr std::chrono::seconds untorn_limit{20};

void run_matrix(const DeviceTest& test, Combination combination) {
  // The module may have been loaded anew since the tests were generated.
  combination.counter = test.catalogue.counter(combination.counter.name);
  combination.idiom = test.catalogue.idiom(combination.idiom.name);
  const CombinationResult result = run_combination(test.device, combination, load());
  EXPECT_TRUE(result.good) << to_string(combination.expectation) << " expected: " << result.message;
  if (combination.expectation == Expectation::finding)
    ::testing::Test::RecordProperty("finding", result.message);
}

// A pattern idiom that promises whole values, on one CPU, read on another.
void run_untorn(const DeviceTest& test, const std::string& name, bool swapped) {
  const Idiom& idiom = test.catalogue.idiom(name);
  const auto fitting = std::find_if(test.catalogue.counters.begin(), test.catalogue.counters.end(),
                                    [&](const Counter& counter) { return idiom.fits(counter); });
  ASSERT_NE(fitting, test.catalogue.counters.end()) << name << " fits no counter";
  TearCheck check{.counter = *fitting,
                  .idiom = idiom,
                  .writer_cpu = test.catalogue.online.at(swapped ? 1 : 0),
                  .reader_cpu = test.catalogue.online.at(swapped ? 0 : 1),
                  .reads = untorn_reads,
                  .time_limit = untorn_limit};
  VerifyResult total;
  const auto end = std::chrono::steady_clock::now() + untorn_limit;
  while (total.changed < enough_changes && total.done < untorn_reads_most &&
         std::chrono::steady_clock::now() < end) {
    total += check_tearing(test.device, check).readings;
    check.reads *= 2;
  }
  const std::string what =
      name + " on " + fitting->name + " in task on CPU " + std::to_string(check.writer_cpu) +
      ", read on CPU " + std::to_string(check.reader_cpu) + ": " + std::to_string(total.done) +
      " readings, " + std::to_string(total.changed) + " changed, " + std::to_string(total.starved) +
      " starved, " + std::to_string(total.torn) + " torn, " + std::to_string(total.skewed) +
      " skewed, " + std::to_string(total.backward) + " backward";
  EXPECT_GE(total.changed, enough_changes) << "INCONCLUSIVE: " << what;
  EXPECT_EQ(total.torn, 0U) << what;
  EXPECT_EQ(total.backward, 0U) << what;
  if (fitting->is_unskewed()) {
    EXPECT_EQ(total.skewed, 0U) << what;
  }
  ::testing::Test::RecordProperty("readings", what);
  test.device.reset(fitting->id);
}

void generate_matrix(const Catalogue& /*catalogue*/) {
  for (const Combination& combination : matrix_of(Device(Access::read_only)))
    add_test("Matrix", combination.test_name(), __FILE__, __LINE__,
             [combination](const DeviceTest& test) { run_matrix(test, combination); });
}

void generate_bh_off(const Catalogue& /*catalogue*/) {
  for (const Combination& combination : bh_off_matrix_of(Device(Access::read_only)))
    add_test("MatrixBhOff", combination.test_name(), __FILE__, __LINE__,
             [combination](const DeviceTest& test) { run_matrix(test, combination); });
}

void generate_untorn(const Catalogue& catalogue) {
  if (catalogue.online.size() < 2) return;
  for (const Idiom& idiom : catalogue.idioms) {
    if (!idiom.is_pattern() || !idiom.is_untorn() || idiom.is_control()) continue;
    for (const bool swapped : {false, true})
      add_test("MatrixUntorn", idiom.name + (swapped ? "_the_other_way_round" : ""), __FILE__,
               __LINE__, [name = idiom.name, swapped](const DeviceTest& test) {
                 run_untorn(test, name, swapped);
               });
  }
}

const GeneratedSuite matrix_suite("Matrix", generate_matrix);
const GeneratedSuite bh_off_suite("MatrixBhOff", generate_bh_off);
const GeneratedSuite untorn_suite("MatrixUntorn", generate_untorn);

// The table itself: nothing that could be asked for is missing from it.
using MatrixTable = DeviceTest;

TEST_F(MatrixTable, HasEveryIdiomInEveryMixOnEveryNumberOfCpus) {
  const std::vector<Combination> matrix = matrix_of(device);
  std::set<std::string> names;
  for (const Combination& combination : matrix)
    EXPECT_TRUE(names.insert(combination.test_name()).second) << combination.describe();
  std::size_t contexts = 1;  // task
  for (const Context context : catalogue.interfering()) {
    (void)context;
    ++contexts;
  }
  std::set<std::size_t> cpus{1, catalogue.online.size()};
  if (catalogue.online.size() >= 2) cpus.insert(2);
  EXPECT_EQ(matrix.size(),
            catalogue.idioms.size() * ((std::size_t{1} << contexts) - 1) * cpus.size());
}

}  // namespace
}  // namespace percpu_scope::guest
