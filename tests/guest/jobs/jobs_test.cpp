// SPDX-License-Identifier: GPL-2.0-only
//
// Jobs: what a job's members mean: the least of interruptions, no updates at
// all, sections found open, and updates injected by a kprobe.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "percpu_scope/prove/pinned_threads.hpp"
#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

constexpr int nested_attempts = 20;
constexpr std::chrono::microseconds jobs_period{50};
constexpr std::uint64_t injections = 10'000;

class Jobs : public DeviceTest {
 public:
  Jobs() { device.reset(plain.id); }

  [[nodiscard]] Job job(std::string_view idiom) const {
    return {.counter = plain.id, .idiom = catalogue.idiom(idiom).id};
  }
  [[nodiscard]] JobResult run(const Job& wanted) const {
    return hammer_on(device, catalogue.online.back(), wanted);
  }

  const Counter& plain = catalogue.static_counter(Storage::u64);
};

TEST_F(Jobs, EachContextComesAsOftenAsAsked) {
  for (const std::uint64_t least : {1U, 7U, 300U}) {
    device.reset(plain.id);
    Job wanted = job("this_cpu_inc");
    wanted.updates = 1;
    wanted.contexts = {Context::softirq, Context::hardirq};
    wanted.period = jobs_period;
    wanted.interruptions = least;
    const JobResult result = run(wanted);
    EXPECT_GE(result.tally[Context::softirq], least);
    EXPECT_GE(result.tally[Context::hardirq], least);
    EXPECT_GE(result.tally[Context::task], 1U);
    EXPECT_EQ(result.tally[Context::nmi], 0U);
    EXPECT_EQ(sum(plain.id), result.tally.total())
        << "this_cpu_inc on plain in task,softirq,hardirq on one CPU";
  }
}

TEST_F(Jobs, WithoutInterruptionsTheUpdatesAreExact) {
  Job wanted = job("this_cpu_inc");
  wanted.updates = 5000;
  wanted.contexts = {Context::hardirq};
  wanted.period = jobs_period;
  EXPECT_EQ(run(wanted).tally[Context::task], 5000U);
}

TEST_F(Jobs, WithoutUpdatesTheContextsAreAlone) {
  for (const Context context : {Context::softirq, Context::hardirq}) {
    device.reset(plain.id);
    Job wanted = job("this_cpu_inc");
    wanted.contexts = {context};
    wanted.period = jobs_period;
    wanted.interruptions = 50;
    const JobResult result = run(wanted);
    EXPECT_EQ(result.tally[Context::task], 0U);
    EXPECT_GE(result.tally[context], 50U);
    EXPECT_FALSE(result.misplaced) << "in another context than " << to_string(context);
    EXPECT_EQ(sum(plain.id), result.tally.total()) << "in " << to_string(context) << " alone";
  }
}

TEST_F(Jobs, CallsUpdateTheCopyOfWhomTheyCall) {
  if (catalogue.online.size() < 2) GTEST_SKIP() << "there is nobody to call";
  Job wanted = job("smp_call_this_cpu_inc");
  wanted.updates = 100;
  (void)run(wanted);
  const std::array ids{plain.id};
  const Snapshot snapshot = device.snapshot(ids);
  EXPECT_EQ(snapshot.value(plain.id, 0, catalogue.place_of(catalogue.online.back())), 0U);
  EXPECT_EQ(snapshot.sum(plain.id, 0), 100U);
}

// A timer's own interrupt comes when the timer does. Others come at any time.
TEST_F(Jobs, OtherCpusInterruptToo) {
  Job wanted = job("this_cpu_inc");
  wanted.contexts = {Context::hardirq};
  wanted.period = jobs_period;
  wanted.interruptions = 300;
  const JobResult result = run(wanted);
  EXPECT_EQ(result.ipis > 0, catalogue.online.size() > 1) << result.ipis;
  EXPECT_LE(result.ipis, result.tally[Context::hardirq]) << "they are among those of hardirq";
  wanted.contexts = {Context::softirq};
  EXPECT_EQ(run(wanted).ipis, 0U) << "where nobody asked for them";
}

// In the window of the softirq's own update.
TEST_F(Jobs, InterruptsInASoftirqOfOursAreCountedAsSuch) {
  Job wanted = job("control_read_write");
  wanted.contexts = {Context::softirq, Context::hardirq};
  wanted.period = std::chrono::microseconds(50);
  wanted.interruptions = 2'000;
  wanted.finding = true;
  JobResult result;
  // All timers of a job have one period: how they lie to each other is settled as they start.
  for (int attempt = 0; attempt < nested_attempts && result.nested == 0; ++attempt)
    result = run(wanted);
  EXPECT_GT(result.nested, 0U) << "INCONCLUSIVE";
  EXPECT_LE(result.nested, result.tally[Context::hardirq]) << "a softirq interrupts no interrupt";
  wanted.contexts = {Context::softirq};
  EXPECT_EQ(run(wanted).nested, 0U) << "in what?";
}

TEST_F(Jobs, WithoutUpdatesAndInterruptionsThereIsNothing) {
  Job wanted = job("this_cpu_inc");
  wanted.contexts = {Context::hardirq};
  wanted.period = std::chrono::milliseconds(100);
  const JobResult result = run(wanted);
  EXPECT_EQ(result.tally[Context::task], 0U);
  EXPECT_EQ(sum(plain.id), result.tally.total());
}

TEST_F(Jobs, InterruptionsNeedSomebodyWhoInterrupts) {
  Job wanted = job("this_cpu_inc");
  wanted.updates = 10;
  wanted.interruptions = 1;
  EXPECT_ERRNO(EINVAL, run(wanted));
  EXPECT_EQ(sum(plain.id), 0U) << "a refused job has counted";
}

TEST_F(Jobs, WaitingForInterruptionsEndsWithASignal) {
  Job wanted = job("this_cpu_inc");
  wanted.contexts = {Context::hardirq};
  wanted.period = jobs_period;
  wanted.interruptions = UINT64_MAX;
  BackgroundJob background(device, catalogue.online.back(), wanted);
  ASSERT_TRUE(background.counts());
  background.interrupt();
  const JobResult result = background.result();
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.tally[Context::task], 0U);
  EXPECT_EQ(sum(plain.id), result.tally.total());
}

// A second job may ask for what the first one leaves of a CPU, in each context.
TEST_F(Jobs, GeneratorsOfACpuHaveABoundTogether) {
  const TemporaryCounter other(device, {.name = "bound"});
  const std::uint32_t cpu = catalogue.online.back();
  Job first = job("this_cpu_inc");
  first.updates = UINT64_MAX;
  first.contexts = {Context::softirq};
  first.period = std::chrono::nanoseconds(catalogue.info.min_generator_period_ns);
  Job second = job("this_cpu_inc");
  second.counter = other.id();
  second.updates = 1;
  second.contexts = {Context::softirq};
  second.period = std::chrono::seconds(1);
  {
    BackgroundJob background(device, cpu, first);
    ASSERT_TRUE(background.counts());
    EXPECT_ERRNO(EBUSY, hammer_on(device, cpu, second));
    EXPECT_EQ(sum(other.id()), 0U) << "a refused job has counted";
    second.contexts = {Context::hardirq};
    EXPECT_ERRNO(0, hammer_on(device, cpu, second));
    second.contexts = {Context::softirq};
    if (catalogue.online.size() > 1) {
      EXPECT_ERRNO(0, hammer_on(device, catalogue.online.front(), second));
    }
    background.interrupt();
    EXPECT_TRUE(background.result().interrupted);
  }
  EXPECT_ERRNO(0, hammer_on(device, cpu, second));
}

// Rates are made of it: what starting and stopping takes is no time of the updates.
TEST_F(Jobs, ElapsedIsTheTimeOfTheUpdates) {
  Job wanted = job("this_cpu_inc");
  wanted.updates = 1;
  wanted.contexts = {Context::softirq, Context::hardirq};
  wanted.period = std::chrono::seconds(1);
  std::chrono::nanoseconds elapsed{0};
  std::chrono::nanoseconds all{0};
  run_on_cpus(std::array{catalogue.online.back()}, [&](const PinnedThread& /*thread*/) {
    for (int i = 0; i < 200; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      elapsed += device.hammer(wanted).elapsed;
      all += std::chrono::steady_clock::now() - begin;
    }
  });
  EXPECT_GT(elapsed.count(), 0);
  EXPECT_LT(elapsed * 2, all) << "of one update, and of a hundred thousand instructions";
}

class Injection : public Jobs {
 public:
  void SetUp() override {
    if (!catalogue.info.has(PERCPU_SCOPE_FEATURE_KPROBES))
      GTEST_SKIP() << "this kernel has no kprobes to inject with";
  }
  [[nodiscard]] Job injecting(std::string_view idiom, std::uint64_t updates) const {
    Job wanted = job(idiom);
    wanted.updates = updates;
    wanted.inject = true;
    wanted.finding = true;
    return wanted;
  }
};

TEST_F(Injection, EveryOneIsLostInTheWindow) {
  for (const char* const name : {"control_read_write", "control_this_cpu_read_write",
                                 "control_irqsave_read_write", "control_read_write_preemptible"}) {
    device.reset(plain.id);
    const JobResult result = run(injecting(name, injections));
    const std::string what = std::string(name) + " on plain in task, injected " +
                             std::to_string(result.injected) + " of " + std::to_string(injections) +
                             ", counted " + std::to_string(sum(plain.id));
    EXPECT_EQ(result.injected, injections) << what;
    EXPECT_EQ(result.tally[Context::task], injections) << what;
    EXPECT_EQ(result.issued(), 2 * injections) << what;
    EXPECT_EQ(sum(plain.id), injections) << what;
  }
}

TEST_F(Injection, NothingIsInjectedWhereThereIsNoWindow) {
  const JobResult result = run(injecting("this_cpu_inc", injections));
  EXPECT_EQ(result.injected, 0U);
  EXPECT_EQ(sum(plain.id), injections);
}

TEST_F(Injection, OfPerCpuU64Only) {
  for (const Storage storage : {Storage::u64_stats, Storage::seqcount, Storage::local64}) {
    const Counter& counter = catalogue.static_counter(storage);
    device.reset(counter.id);
    Job wanted = injecting(catalogue.idiom_for(storage).name, 10);
    wanted.counter = counter.id;
    EXPECT_ERRNO(EINVAL, run(wanted));
    EXPECT_EQ(sum(counter.id), 0U) << "a refused job has counted";
  }
}

TEST_F(Injection, OneJobAtATime) {
  const TemporaryCounter other(device, {.name = "inject-other"});
  Job second = injecting("control_read_write", injections);
  second.counter = other.id();
  {
    BackgroundJob first(device, catalogue.online.back(),
                        injecting("control_read_write", UINT64_MAX));
    ASSERT_TRUE(first.counts());
    EXPECT_ERRNO(EBUSY, hammer_on(device, catalogue.online.front(), second));
    EXPECT_EQ(sum(other.id()), 0U) << "a refused job has counted";
    first.interrupt();
    const JobResult result = first.result();
    EXPECT_TRUE(result.interrupted);
    EXPECT_EQ(result.injected, result.tally[Context::task]);
  }
  const JobResult result = hammer_on(device, catalogue.online.front(), second);
  EXPECT_EQ(result.injected, injections);
}

}  // namespace
}  // namespace percpu_scope::guest
