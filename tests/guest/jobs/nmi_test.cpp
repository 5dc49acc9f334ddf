// SPDX-License-Identifier: GPL-2.0-only
//
// Nmi: updates out of non-maskable interrupts. They come, they are tallied,
// one job per CPU has them, and the kernel has nothing to say about them.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::chrono::microseconds nmi_period{50};
constexpr std::uint64_t nmis = 100;
constexpr int attempts_to_nest = 20;

std::size_t complaints() {
  const std::string log = kernel_log();
  std::size_t count = 0;
  for (const char* const words : {"Uhhuh", "Dazed and confused", "NMI received for unknown"})
    for (std::size_t at = log.find(words); at != std::string::npos; at = log.find(words, at + 1))
      ++count;
  return count;
}

class Nmi : public DeviceTest {
 public:
  void SetUp() override {
    if (!catalogue.info.has(PERCPU_SCOPE_FEATURE_NMI))
      GTEST_SKIP() << "NMIs cannot be generated on this machine";
    device.reset(counter.id);
  }

  // As a finding where 32-bit kernels update in several instructions.
  [[nodiscard]] Job job(std::uint64_t updates, ContextSet contexts) const {
    ContextSet all = contexts;
    all.insert(Context::task);
    return {.counter = counter.id,
            .idiom = idiom.id,
            .updates = updates,
            .contexts = contexts,
            .period = nmi_period,
            .finding = !idiom.conserved.contains(all)};
  }

  const Counter& counter = catalogue.static_counter(Storage::u64);
  const Idiom& idiom = catalogue.idiom("this_cpu_inc");
};

TEST_F(Nmi, TheyAreTallied) {
  const std::size_t before = complaints();
  for (const std::uint32_t cpu : catalogue.online) {
    Job wanted = job(1000, {Context::nmi});
    wanted.interruptions = nmis;
    const JobResult result = hammer_on(device, cpu, wanted);
    EXPECT_GE(result.tally[Context::nmi], nmis) << "CPU " << cpu;
    EXPECT_EQ(result.tally[Context::hardirq] + result.tally[Context::softirq], 0U);
    EXPECT_EQ(result.cpu, cpu);
    EXPECT_FALSE(result.interrupted);
  }
  EXPECT_EQ(complaints(), before) << "the kernel did not know what an NMI was for";
}

// In the window of an interrupt's own update: a copy with three writers.
TEST_F(Nmi, InAnInterruptOfOursAreCountedAsSuch) {
  if (catalogue.online.size() < 2) GTEST_SKIP() << "it takes two CPUs, and there is one to use";
  Job wanted = job(0, {Context::hardirq, Context::nmi});
  wanted.idiom = catalogue.idiom("control_read_write").id;
  wanted.finding = true;
  wanted.interruptions = 2'000;
  JobResult result;
  // All timers of a job have one period: how they lie to each other is settled as they start.
  for (int attempt = 0; attempt < attempts_to_nest && result.nested == 0; ++attempt)
    result = hammer_on(device, catalogue.online.front(), wanted);
  EXPECT_GT(result.nested, 0U) << "INCONCLUSIVE";
  EXPECT_LE(result.nested, result.tally[Context::nmi]) << "nothing else interrupts an interrupt";
  wanted.contexts = {Context::nmi};
  EXPECT_EQ(hammer_on(device, catalogue.online.front(), wanted).nested, 0U) << "in what?";
}

TEST_F(Nmi, OneInstructionConservesUnderThem) {
  for (const ContextSet contexts :
       {ContextSet{Context::nmi}, ContextSet{Context::softirq, Context::hardirq, Context::nmi}}) {
    device.reset(counter.id);
    Hammering hammering{.counter = counter,
                        .idiom = idiom,
                        .cpus = catalogue.online,
                        .updates = 50'000,
                        .contexts = contexts,
                        .period = nmi_period,
                        .interruptions = nmis};
    const ContextSet all = contexts | ContextSet{Context::task};
    if (!idiom.conserved.contains(all)) {
      EXPECT_EQ(catalogue.info.bits_per_long, 32U) << "one instruction on x86-64";
      EXPECT_ERRNO(EOPNOTSUPP, hammer_on_cpus(device, hammering));
      EXPECT_EQ(sum(counter.id), 0U) << "a refused job has counted";
      continue;
    }
    const HammerResult result = hammer_on_cpus(device, hammering);
    EXPECT_GE(result.tally[Context::nmi], nmis * catalogue.online.size());
    EXPECT_TRUE(result.exact()) << "this_cpu_inc on plain in " << to_string(all) << " on CPUs "
                                << format_cpu_list(catalogue.online) << ": "
                                << ::percpu_scope::describe(result.fields, Arithmetic::sum);
  }
}

TEST_F(Nmi, TheyCanHaveTheCounterToThemselves) {
  Job wanted = job(0, {Context::nmi});
  wanted.interruptions = nmis;
  wanted.finding = !idiom.conserved.contains(Context::nmi);
  const JobResult result = hammer_on(device, catalogue.online.back(), wanted);
  EXPECT_EQ(result.tally[Context::task], 0U);
  EXPECT_GE(result.tally[Context::nmi], nmis);
  EXPECT_EQ(sum(counter.id), result.tally.total()) << "this_cpu_inc on plain in nmi alone";
}

TEST_F(Nmi, OneJobPerCpu) {
  const std::uint32_t cpu = catalogue.online.back();
  const TemporaryCounter other(device, {.name = "nmi-other"});
  Job second = job(1000, {Context::nmi});
  second.counter = other.id();
  {
    BackgroundJob first(device, cpu, job(UINT64_MAX, {Context::nmi}));
    ASSERT_TRUE(first.counts());
    EXPECT_ERRNO(EBUSY, hammer_on(device, cpu, second));
    EXPECT_EQ(sum(other.id()), 0U) << "a refused job has counted";
    // Other interference is not in the way.
    Job third = second;
    third.contexts = {Context::softirq, Context::hardirq};
    third.finding = false;
    EXPECT_ERRNO(0, hammer_on(device, cpu, third));
    if (catalogue.online.size() > 1) {
      EXPECT_ERRNO(0, hammer_on(device, catalogue.online.front(), second));
    }
    first.interrupt();
    EXPECT_TRUE(first.result().interrupted);
  }
  EXPECT_ERRNO(0, hammer_on(device, cpu, second));
}

// However long one takes: the next is not sent before the CPU had as much time for itself.
TEST_F(Nmi, TheShortestPeriodLeavesTheTaskItsTime) {
  const std::uint32_t cpu = catalogue.online.back();
  constexpr std::chrono::milliseconds time{400};
  const auto updates_per_second = [&](ContextSet contexts) {
    Job wanted = job(UINT64_MAX, contexts);
    if (contexts.empty())
      wanted.period = {};
    else
      wanted.period = std::chrono::nanoseconds(catalogue.info.min_generator_period_ns);
    device.reset(counter.id);
    BackgroundJob background(device, cpu, wanted);
    EXPECT_TRUE(background.counts());
    std::this_thread::sleep_for(time);
    background.interrupt();
    const JobResult result = background.result();
    EXPECT_TRUE(result.interrupted);
    return static_cast<double>(result.tally[Context::task]) /
           std::chrono::duration<double>(result.elapsed).count();
  };
  const double alone = updates_per_second({});
  const double beside = updates_per_second({Context::nmi});
  std::printf("# beside NMIs as often as can be asked for: %.1f %% of the updates\n",
              100 * beside / alone);
  // Half, but for what the sender's timer costs on the same CPU of the host.
  EXPECT_GT(beside, alone / 8);
}

TEST_F(Nmi, TheyStopWithTheJob) {
  const JobResult result = hammer_on(device, catalogue.online.back(), job(100'000, {Context::nmi}));
  const std::uint64_t left = sum(counter.id);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(sum(counter.id), left) << "NMIs went on counting after their job";
  if (idiom.conserved.contains(ContextSet{Context::task, Context::nmi})) {
    EXPECT_EQ(left, result.tally.total());
  }
}

}  // namespace
}  // namespace percpu_scope::guest
