// SPDX-License-Identifier: GPL-2.0-only
//
// JobsSections: whether interrupts find the write section of what they interrupt open. With
// interrupts or bottom halves off they do not; else a reader in their place would spin.
#include <gtest/gtest.h>

#include <string>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::chrono::microseconds sections_period{50};

class JobsSections : public DeviceTest {
 public:
  // Every CPU in many sections, and many interrupts.
  [[nodiscard]] Hammering hammering(std::string_view name, ContextSet contexts) const {
    const Idiom& idiom = catalogue.idiom(name);
    return {.counter = catalogue.static_counter(idiom.storage),
            .idiom = idiom,
            .cpus = catalogue.online,
            .updates = 200'000,
            .contexts = contexts,
            .period = sections_period,
            .interruptions = 1000};
  }
  void expect_none_open(const Hammering& wanted) const {
    device.reset(wanted.counter.id);
    const HammerResult result = hammer_on_cpus(device, wanted);
    const std::string what = wanted.idiom.name + " on " + wanted.counter.name + " in task," +
                             to_string(wanted.contexts) + " on CPUs " +
                             format_cpu_list(catalogue.online) + ": " +
                             ::percpu_scope::describe(result.fields, Arithmetic::sum) +
                             ", open sections " + std::to_string(result.open_sections);
    EXPECT_EQ(result.open_sections, 0U) << what;
    EXPECT_TRUE(result.exact()) << what;
    EXPECT_FALSE(result.misplaced) << what;
  }
};

// On 64-bit _irqsave of statistics is empty, and there is no section either.
TEST_F(JobsSections, IrqsaveLeavesNoneOpen) {
  for (const char* const name : {"write_seqcount_irqsave", "u64_stats_inc_irqsave"})
    expect_none_open(hammering(name, {Context::softirq, Context::hardirq}));
}

// Whatever the idiom.
TEST_F(JobsSections, BottomHalvesOffLeaveNoneOpenToSoftirqs) {
  if (catalogue.info.has(PERCPU_SCOPE_FEATURE_RT)) GTEST_SKIP() << "softirqs are threads here";
  Hammering wanted = hammering("write_seqcount", {Context::softirq});
  wanted.bh_off = true;
  expect_none_open(wanted);
}

// Without either it can be found open. The section is a few instructions, and
// emulated interrupts seldom come inside: a number for the report. That the
// check itself works is shown by control_no_irqsave.
TEST_F(JobsSections, PlainOnesAgainstHardirqsAreAFinding) {
  Hammering wanted = hammering("write_seqcount", {Context::hardirq});
  device.reset(wanted.counter.id);
  EXPECT_ERRNO(EOPNOTSUPP, hammer_on_cpus(device, wanted));
  wanted.finding = true;
  const HammerResult result = hammer_on_cpus(device, wanted);
  EXPECT_GE(result.tally[Context::hardirq], wanted.interruptions * catalogue.online.size());
  EXPECT_TRUE(describe(wanted.counter.id).is_spoilt()) << "nothing is promised of it any more";
  RecordProperty("finding", "write_seqcount on seqcount in task,hardirq: " +
                                std::to_string(result.open_sections) + " of " +
                                std::to_string(result.tally[Context::hardirq]) +
                                " interrupts found the section open, " +
                                ::percpu_scope::describe(result.fields, Arithmetic::sum));
  device.reset(wanted.counter.id);
}

}  // namespace
}  // namespace percpu_scope::guest
