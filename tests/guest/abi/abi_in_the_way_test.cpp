// SPDX-License-Identifier: GPL-2.0-only
//
// AbiInTheWay: what is busy says by whom: the idiom and the contexts of a job at work, or
// the function whose calls are counted. And it says nothing else.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "abi/raw_device.hpp"
#include "support/kernel_functions.hpp"

namespace percpu_scope::guest {
namespace {

class AbiInTheWay : public RawDeviceTest {
 public:
  AbiInTheWay() : made(make("abi-busy")) {}
  void TearDown() override { EXPECT_EQ(destroy(made), Errno{}); }

  // A request of any of the three that name who is in the way: BUSY, with these words in
  // the name, and nothing else of it changed.
  template <typename Request>
  void expect_busy(unsigned long command, Request request,
                   const std::vector<std::string>& words) const {
    std::memset(&request.in_the_way[0], 0x5a, sizeof(request.in_the_way));
    Request told = request;
    EXPECT_EQ(device.call(command, &told), Errno{EBUSY});
    const std::string name = text_in(told.in_the_way);
    ASSERT_LT(name.size(), sizeof(told.in_the_way)) << "no NUL";
    EXPECT_FALSE(name.empty());
    for (const std::string& word : words)
      EXPECT_NE(name.find(word), std::string::npos) << '"' << name << "\" does not say " << word;
    for (std::size_t i = name.size(); i < sizeof(told.in_the_way); ++i)
      EXPECT_EQ(told.in_the_way[i], 0) << "leftovers behind the name, byte " << i;
    // Put back what may differ: nothing else may.
    std::memcpy(&told.in_the_way[0], &request.in_the_way[0], sizeof(request.in_the_way));
    EXPECT_EQ(std::memcmp(&told, &request, sizeof(request)), 0) << "more than the name is told";
  }
  void expect_all_busy(const std::vector<std::string>& words) const {
    percpu_scope_job job = good_job();
    job.counter = made;
    // Bears nobody that interrupts it.
    job.idiom = idiom("get_cpu_var");
    expect_busy(PERCPU_SCOPE_HAMMER, job, words);
    auto reset = fresh<percpu_scope_reset>();
    reset.counter = made;
    expect_busy(PERCPU_SCOPE_RESET, reset, words);
    if (has(PERCPU_SCOPE_FEATURE_KPROBES))
      expect_busy(PERCPU_SCOPE_COUNT_CALLS, calls_of_getsid(), words);
  }
  [[nodiscard]] percpu_scope_count_calls calls_of_getsid() const {
    auto calls = fresh<percpu_scope_count_calls>();
    calls.counter = made;
    const std::string function = entry_of_getsid();
    std::memcpy(&calls.function[0], function.data(), function.size());
    return calls;
  }
  [[nodiscard]] percpu_scope_job endless(std::uint64_t contexts) const {
    percpu_scope_job job = good_job();
    job.counter = made;
    job.updates = UINT64_MAX;
    job.contexts = contexts;
    if (contexts != 0) job.period_ns = 200'000;
    return job;
  }

  const std::uint32_t made;
};

TEST_F(AbiInTheWay, IsAJobByItsIdiomAndItsContexts) {
  constexpr std::uint64_t softirq = 1U << PERCPU_SCOPE_CONTEXT_SOFTIRQ;
  constexpr std::uint64_t hardirq = 1U << PERCPU_SCOPE_CONTEXT_HARDIRQ;
  struct Case {
    std::uint64_t contexts;
    std::vector<std::string> words;
  };
  for (const Case& one :
       {Case{hardirq, {"this_cpu_inc", "task", "hardirq"}},
        Case{softirq | hardirq, {"this_cpu_inc", "task", "softirq", "hardirq"}}}) {
    RawJob job(*this, endless(one.contexts));
    ASSERT_TRUE(job.counts());
    expect_all_busy(one.words);
    (void)job.end();
    EXPECT_EQ(job.error(), Errno{});
  }
  EXPECT_EQ(reset(made), Errno{}) << "nobody is any more";
}

TEST_F(AbiInTheWay, IsAFunctionByItsName) {
  if (!has(PERCPU_SCOPE_FEATURE_KPROBES)) GTEST_SKIP() << "this kernel has no kprobes";
  percpu_scope_count_calls calls = calls_of_getsid();
  ASSERT_EQ(device.call(PERCPU_SCOPE_COUNT_CALLS, &calls), Errno{});
  expect_all_busy({entry_of_getsid()});
  auto stop = fresh<percpu_scope_stop_calls>();
  stop.counter = made;
  EXPECT_EQ(device.call(PERCPU_SCOPE_STOP_CALLS, &stop), Errno{});
  EXPECT_EQ(reset(made), Errno{}) << "nobody is any more";
}

// What keeps a job from a CPU, or from the one place that injects, works elsewhere.
TEST_F(AbiInTheWay, MayBeAtWorkOnAnotherCounter) {
  if (!has(PERCPU_SCOPE_FEATURE_KPROBES)) GTEST_SKIP() << "this kernel has no kprobes";
  percpu_scope_job injecting = endless(0);
  injecting.idiom = idiom("control_read_write");
  injecting.flags = PERCPU_SCOPE_JOB_FINDING | PERCPU_SCOPE_JOB_INJECT;
  RawJob job(*this, injecting);
  ASSERT_TRUE(job.counts());
  percpu_scope_job second = injecting;
  second.counter = counter("plain");
  second.updates = 10;
  expect_busy(PERCPU_SCOPE_HAMMER, second, {});
  (void)job.end();
  EXPECT_EQ(job.error(), Errno{});
}

TEST_F(AbiInTheWay, IsNobodyWithAnyOtherAnswer) {
  percpu_scope_job job = good_job();
  job.counter = made;
  std::memset(&job.in_the_way[0], 0x5a, sizeof(job.in_the_way));
  ASSERT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{});
  for (const char byte : job.in_the_way) EXPECT_EQ(byte, 0);
  auto reset = fresh<percpu_scope_reset>();
  reset.counter = made;
  std::memset(&reset.in_the_way[0], 0x5a, sizeof(reset.in_the_way));
  ASSERT_EQ(device.call(PERCPU_SCOPE_RESET, &reset), Errno{});
  for (const char byte : reset.in_the_way) EXPECT_EQ(byte, 0);
}

}  // namespace
}  // namespace percpu_scope::guest
