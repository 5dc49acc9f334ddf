// SPDX-License-Identifier: GPL-2.0-only
//
// What the readings of a tear check mean, and which of them pass.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "cli/module/results.hpp"
#include "samples.hpp"

namespace percpu_scope::cli {
namespace {

TearCheck check_of(const Idiom& idiom) {
  return {
      .counter = samples::stats(), .idiom = idiom, .writer_cpu = 0, .reader_cpu = 1, .reads = 9};
}

TearResult readings(std::uint64_t torn, std::uint64_t skewed) {
  TearResult result;
  result.readings = {.done = 1000, .starved = 10, .torn = torn, .skewed = skewed, .changed = 500};
  return result;
}

TEST(Judge, UntornAndUnskewedPasses) {
  const auto finding = finding_of(check_of(samples::pattern_idiom()), readings(0, 0));
  EXPECT_EQ(finding, Finding::pass);
  EXPECT_TRUE(is_good(finding));
}

TEST(Judge, TornWherePromisedNotToBeFails) {
  EXPECT_EQ(finding_of(check_of(samples::pattern_idiom()), readings(1, 0)), Finding::failed);
  EXPECT_FALSE(is_good(Finding::failed));
}

TEST(Judge, GoingBackwardFails) {
  TearResult result = readings(0, 0);
  result.readings.backward = 1;
  EXPECT_EQ(finding_of(check_of(samples::pattern_idiom()), result), Finding::failed);
}

TEST(Judge, SkewFailsOnlyWherePromised) {
  TearCheck check = check_of(samples::pattern_idiom());
  EXPECT_EQ(finding_of(check, readings(0, 1)), Finding::failed);
  check.counter.kind_flags &= ~PERCPU_SCOPE_KIND_UNSKEWED;
  EXPECT_EQ(finding_of(check, readings(0, 1)), Finding::pass);
}

TEST(Judge, AControlMustBeCaught) {
  const TearCheck check = check_of(samples::control_idiom());
  EXPECT_EQ(finding_of(check, readings(3, 7)), Finding::caught);
  EXPECT_EQ(finding_of(check, readings(0, 7)), Finding::inconclusive);
  EXPECT_TRUE(is_good(Finding::caught));
  EXPECT_FALSE(is_good(Finding::inconclusive));
}

TEST(Judge, AControlThatCannotTearHerePassesUntorn) {
  TearCheck check = check_of(samples::control_idiom());
  check.idiom.flags |= PERCPU_SCOPE_IDIOM_UNTORN;
  EXPECT_EQ(finding_of(check, readings(0, 7)), Finding::pass);
  EXPECT_EQ(finding_of(check, readings(1, 0)), Finding::failed);
}

TEST(Judge, NothingObservedProvesNothing) {
  TearResult quiet = readings(0, 0);
  for (const std::uint64_t changed : {std::uint64_t{0}, std::uint64_t{1}, enough_changes - 1}) {
    quiet.readings.changed = changed;
    EXPECT_EQ(finding_of(check_of(samples::pattern_idiom()), quiet), Finding::inconclusive)
        << changed;
  }
  quiet.readings.changed = enough_changes;
  EXPECT_EQ(finding_of(check_of(samples::pattern_idiom()), quiet), Finding::pass);
  TearResult starved = readings(0, 0);
  starved.readings.starved = starved.readings.done;
  EXPECT_EQ(finding_of(check_of(samples::pattern_idiom()), starved), Finding::inconclusive);
}

TEST(Judge, ATornReadingIsOneHoweverFewChanged) {
  TearResult torn = readings(1, 0);
  torn.readings.changed = 1;
  EXPECT_EQ(finding_of(check_of(samples::pattern_idiom()), torn), Finding::failed);
  EXPECT_EQ(finding_of(check_of(samples::control_idiom()), torn), Finding::caught);
}

TEST(TearDocument, ShowsAnExampleOnlyIfThereIsOne) {
  TearResult torn = readings(1, 0);
  torn.readings.torn_example = {0x1'0000'0002, 3};
  const Json document = tear_document(check_of(samples::control_idiom()), torn);
  EXPECT_EQ(document.at("torn_example"), (Json{"0x0000000100000002", "0x0000000000000003"}));
  EXPECT_EQ(document.at("torn_must"), "show");
  EXPECT_EQ(document.at("finding"), "caught");
  EXPECT_TRUE(tear_document(check_of(samples::pattern_idiom()), readings(0, 0))
                  .at("torn_example")
                  .is_null());
}

TEST(VerifyResult, AddsUpAndKeepsTheFirstTornExample) {
  VerifyResult total{.done = 1, .torn = 0};
  total += {.done = 2, .retries = 3, .torn = 1, .torn_example = {42}};
  total += {.interrupted = true, .done = 4, .torn = 1, .torn_example = {43}};
  EXPECT_EQ(total.done, 7U);
  EXPECT_EQ(total.retries, 3U);
  EXPECT_EQ(total.torn, 2U);
  EXPECT_TRUE(total.interrupted);
  EXPECT_EQ(total.torn_example, std::vector<std::uint64_t>{42});
}

}  // namespace
}  // namespace percpu_scope::cli
