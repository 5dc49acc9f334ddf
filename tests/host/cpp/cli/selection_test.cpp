// SPDX-License-Identifier: GPL-2.0-only
//
// Choosing counters, idioms, CPUs and contexts by their words.
#include "cli/module/selection.hpp"

#include <gtest/gtest.h>

#include "cli/frame/exit_code.hpp"
#include "percpu_scope/error.hpp"
#include "samples.hpp"

namespace percpu_scope::cli {
namespace {

using Names = std::vector<std::string>;

const std::vector<Counter> counters{samples::plain(), samples::stats()};
const std::vector<Idiom> idioms{samples::sum_idiom(), samples::pattern_idiom(),
                                samples::control_idiom()};

Names described(const std::vector<Pair>& pairs) {
  Names names;
  for (const Pair& pair : pairs) names.push_back(pair.counter.name + "/" + pair.idiom.name);
  return names;
}

TEST(Selection, CountersByNameOrAll) {
  EXPECT_EQ(choose_counters(counters, {}).size(), 2U);
  const auto chosen = choose_counters(counters, Names{"stats"});
  ASSERT_EQ(chosen.size(), 1U);
  EXPECT_EQ(chosen[0].id, CounterId{7});
  EXPECT_EQ(ids_of(counters), (std::vector<CounterId>{CounterId{1}, CounterId{7}}));
}

TEST(Selection, UnknownNamesListThoseThereAre) {
  try {
    (void)choose_counters(counters, Names{"stat"});
    FAIL() << "there is no such counter";
  } catch (const UnknownNameError& error) {
    EXPECT_EQ(error.kind(), "counter");
    EXPECT_EQ(error.known(), (Names{"stats", "plain"}));
  }
}

TEST(Selection, PairsWhatFitsAndLeavesControlsOut) {
  EXPECT_EQ(described(choose_pairs(counters, idioms, {}, {})), (Names{"plain/inc", "stats/set"}));
}

TEST(Selection, FiltersByPromiseAndPattern) {
  EXPECT_EQ(described(choose_pairs(counters, idioms, {}, {.conserved = {Context::hardirq}})),
            Names{"plain/inc"});
  EXPECT_EQ(described(choose_pairs(counters, idioms, {}, {.patterns_only = true})),
            Names{"stats/set"});
  EXPECT_THROW((void)choose_pairs(counters, idioms, {}, {.conserved = {Context::nmi}}), UsageError);
}

TEST(Selection, WhatCannotBeRunThereIsLeftOut) {
  std::vector<Idiom> of_tasks{samples::sum_idiom(), samples::sum_idiom()};
  of_tasks[0].name = "call";
  of_tasks[0].runnable = {Context::task};
  EXPECT_EQ(described(choose_pairs(counters, of_tasks, {}, {.runnable = {Context::softirq}})),
            Names{"plain/inc"});
}

TEST(Selection, NamedIdiomsAreTakenAsTheyAre) {
  EXPECT_EQ(described(choose_pairs(counters, idioms, Names{"broken"}, {.patterns_only = true})),
            Names{"stats/broken"});
  EXPECT_EQ(
      described(choose_pairs(counters, idioms, Names{"set"}, {.conserved = {Context::hardirq}})),
      Names{"stats/set"});
  EXPECT_THROW((void)choose_pairs(counters, idioms, Names{"inc"}, {.patterns_only = true}),
               UsageError);
  const std::vector<Counter> plain{samples::plain()};
  EXPECT_THROW((void)choose_pairs(plain, idioms, Names{"set"}, {}), UsageError);
  EXPECT_THROW((void)choose_pairs(counters, idioms, Names{"none"}, {}), UnknownNameError);
}

TEST(Selection, StartsAreNumbersOf64Bits) {
  EXPECT_EQ(parse_start("0"), 0U);
  EXPECT_EQ(parse_start("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_start("0xffffffff"), 0xffff'ffffU);
  EXPECT_EQ(parse_start("-1"), UINT64_MAX);
  EXPECT_EQ(parse_start("-0x10"), UINT64_MAX - 15);
  EXPECT_EQ(parse_start("-9223372036854775808"), std::uint64_t{1} << 63);
  for (const char* const text : {"", "-", "0x", "--1", "+1", "1k", "1 ", "0x-1",
                                 "18446744073709551616", "-9223372036854775809"})
    EXPECT_THROW((void)parse_start(text), UsageError) << text;
}

TEST(Selection, Contexts) {
  EXPECT_TRUE(parse_contexts({}).empty());
  EXPECT_EQ(parse_contexts(Names{"hardirq", "softirq"}),
            (ContextSet{Context::softirq, Context::hardirq}));
  EXPECT_THROW((void)parse_contexts(Names{"task"}), UsageError);
  EXPECT_THROW((void)parse_contexts(Names{"irq"}), UnknownNameError);
}

}  // namespace
}  // namespace percpu_scope::cli
