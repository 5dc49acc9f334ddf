// SPDX-License-Identifier: GPL-2.0-only
//
// Pinned threads, on the CPUs of the machine that runs this.
#include "percpu_scope/prove/pinned_threads.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

// No machine has it.
constexpr std::uint32_t impossible_cpu = 8191;

TEST(PinnedThreads, RunOnTheirCpus) {
  const auto cpus = allowed_cpus();
  ASSERT_FALSE(cpus.empty());
  std::vector<int> seen(cpus.size(), -1);
  run_on_cpus(cpus, [&](const PinnedThread& thread) {
    EXPECT_EQ(thread.cpu, cpus[thread.index]);
    seen[thread.index] = ::sched_getcpu();
  });
  for (std::size_t i = 0; i < cpus.size(); ++i) EXPECT_EQ(seen[i], static_cast<int>(cpus[i]));
}

TEST(PinnedThreads, StartTogether) {
  const std::vector<std::uint32_t> cpus(4, allowed_cpus().front());
  std::atomic<std::size_t> inside = 0;
  // Ends only if all four are inside at the same time.
  run_on_cpus(cpus, [&](const PinnedThread&) {
    ++inside;
    while (inside < cpus.size()) std::this_thread::yield();
  });
  EXPECT_EQ(inside, cpus.size());
}

TEST(PinnedThreads, CarryExceptionsBackAndStopTheOthers) {
  const std::vector<std::uint32_t> cpus(2, allowed_cpus().front());
  EXPECT_THROW(run_on_cpus(cpus,
                           [](const PinnedThread& thread) {
                             if (thread.index == 1) throw std::domain_error("of thread 1");
                             while (!thread.stop.stop_requested()) std::this_thread::yield();
                           }),
               std::domain_error);
}

TEST(PinnedThreads, NoneEntersIfOneCannotBePinned) {
  const std::vector<std::uint32_t> cpus{allowed_cpus().front(), impossible_cpu};
  std::atomic<bool> entered = false;
  try {
    run_on_cpus(cpus, [&](const PinnedThread&) { entered = true; });
    FAIL() << "there is no CPU " << impossible_cpu;
  } catch (const Error& error) {
    EXPECT_EQ(error.operation(), Operation::pin_thread);
    EXPECT_EQ(error.error_number(), EINVAL);
  }
  EXPECT_FALSE(entered);
}

TEST(PinnedThreads, StopWhenTheirOwnerGoes) {
  const std::vector<std::uint32_t> cpus{allowed_cpus().front()};
  std::atomic<bool> stopped = false;
  {
    const PinnedThreads threads(cpus, [&](const PinnedThread& thread) {
      while (!thread.stop.stop_requested()) std::this_thread::yield();
      stopped = true;
    });
  }
  EXPECT_TRUE(stopped);
}

TEST(PinnedThreads, OfNoCpusIsNothing) {
  EXPECT_NO_THROW(run_on_cpus({}, [](const PinnedThread&) { FAIL(); }));
}

}  // namespace
}  // namespace percpu_scope
