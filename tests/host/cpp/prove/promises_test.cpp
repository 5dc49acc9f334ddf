// SPDX-License-Identifier: GPL-2.0-only
//
// The matrix and its expectations, as functions of what a module says.
#include "percpu_scope/prove/promises.hpp"

#include <gtest/gtest.h>

#include <set>

#include "samples.hpp"

namespace percpu_scope {
namespace {

Info info(std::uint64_t features) {
  Info info;
  info.features = features;
  return info;
}

const ContextSet without_nmi{Context::task, Context::softirq, Context::hardirq};

TEST(Expectation, FollowsFromTheIdiomsWord) {
  const Idiom idiom = samples::sum_idiom();  // conserves in task and hardirq; no NMI
  EXPECT_EQ(expectation_of(idiom, {Context::task, Context::hardirq}, without_nmi),
            Expectation::conserved);
  EXPECT_EQ(expectation_of(idiom, {Context::hardirq}, without_nmi), Expectation::conserved);
  EXPECT_EQ(expectation_of(idiom, {Context::task, Context::softirq}, without_nmi),
            Expectation::finding);
  EXPECT_EQ(expectation_of(idiom, {Context::nmi}, without_nmi | ContextSet{Context::nmi}),
            Expectation::refused);
}

TEST(Expectation, WhatTasksKeepOutIsNoInterference) {
  const Idiom idiom = samples::sum_idiom();
  const ContextSet kept_out = kept_out_by_tasks(info(0), true);
  EXPECT_EQ(kept_out, ContextSet{Context::softirq});
  EXPECT_EQ(kept_out_by_tasks(info(0), false), ContextSet{});
  EXPECT_EQ(kept_out_by_tasks(info(PERCPU_SCOPE_FEATURE_RT), true), ContextSet{})
      << "threads there";
  EXPECT_EQ(expectation_of(idiom, without_nmi, without_nmi, kept_out), Expectation::conserved);
  Idiom narrow = idiom;
  narrow.runnable.erase(Context::softirq);
  EXPECT_EQ(expectation_of(narrow, without_nmi, without_nmi, kept_out), Expectation::refused);
  narrow = idiom;
  narrow.conserved.erase(Context::hardirq);
  EXPECT_EQ(expectation_of(narrow, without_nmi, without_nmi, kept_out), Expectation::finding);
}

TEST(Expectation, WhatCannotBeGeneratedIsRefused) {
  Idiom idiom = samples::sum_idiom();
  idiom.runnable = idiom.conserved = without_nmi | ContextSet{Context::nmi};
  EXPECT_EQ(expectation_of(idiom, {Context::nmi}, without_nmi), Expectation::refused);
}

TEST(Matrix, HasEveryCombinationOnce) {
  const std::vector<Counter> counters{samples::plain(), samples::stats()};
  const std::vector<Idiom> idioms{samples::sum_idiom(), samples::pattern_idiom()};
  const std::vector<std::uint32_t> online{0, 2, 3};
  const auto matrix = matrix_of(info(PERCPU_SCOPE_FEATURE_NMI), counters, idioms, online);
  // Two idioms, 15 sets of contexts, 1, 2 and all CPUs.
  EXPECT_EQ(matrix.size(), 2U * 15 * 3);
  std::set<std::string> names;
  for (const Combination& combination : matrix) {
    EXPECT_TRUE(names.insert(combination.test_name()).second) << combination.test_name();
    EXPECT_TRUE(combination.idiom.fits(combination.counter));
    EXPECT_FALSE(combination.contexts.empty());
  }
  EXPECT_EQ(matrix_of(info(0), counters, idioms, online).size(), 2U * 7 * 3);
}

TEST(Matrix, OneAndTwoCpusCanBeAll) {
  const std::vector<Counter> counters{samples::plain()};
  const std::vector<Idiom> idioms{samples::sum_idiom()};
  EXPECT_EQ(matrix_of(info(0), counters, idioms, std::vector<std::uint32_t>{0}).size(), 7U);
  EXPECT_EQ(matrix_of(info(0), counters, idioms, std::vector<std::uint32_t>{0, 1}).size(), 14U);
}

TEST(Matrix, NamesWhatItRuns) {
  const Combination combination{.counter = samples::plain(),
                                .idiom = samples::sum_idiom(),
                                .contexts = {Context::task, Context::hardirq},
                                .cpus = {0, 1}};
  EXPECT_EQ(combination.describe(), "inc on plain in task,hardirq on CPUs 0-1");
  EXPECT_EQ(combination.test_name(), "inc_in_task_hardirq_on_2_cpus");
}

TEST(Describe, NamesTheFieldThatDiffers) {
  const std::vector<Conservation> exact{{.field = "value", .issued = 5, .counted = 5, .lost = 0}};
  EXPECT_EQ(describe(exact, Arithmetic::sum), "issued 5, counted 5");
  const std::vector<Conservation> lossy{
      {.field = "packets", .issued = 5, .counted = 5, .lost = 0},
      {.field = "bytes", .issued = 5, .counted = 7, .lost = UINT64_MAX - 1}};
  EXPECT_EQ(describe(lossy, Arithmetic::sum), "issued 5, counted 7, lost -2 (bytes)");
  EXPECT_NE(describe(lossy, Arithmetic::pattern).find("0x0000000000000007"), std::string::npos);
  EXPECT_EQ(describe({}, Arithmetic::sum), "nothing was counted");
}

}  // namespace
}  // namespace percpu_scope
