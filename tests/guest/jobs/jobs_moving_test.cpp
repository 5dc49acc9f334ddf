// SPDX-License-Identifier: GPL-2.0-only
//
// JobsMoving: jobs with interrupts of their own that begin and end all the time, in threads
// that are sent from CPU to CPU. Who waits to begin on one CPU may go on another.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "proof/pusher.hpp"
#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::size_t movers_per_cpu = 3;
constexpr std::chrono::seconds moving_time{2};
constexpr std::uint64_t enough_jobs = 100;

class JobsMoving : public DeviceTest {
 public:
  // How many jobs there were; each says what it did, and the counter agrees in the end.
  [[nodiscard]] std::uint64_t begin_and_end(std::size_t number) const {
    const TemporaryCounter counter(
        device, {.name = "moving" + std::to_string(number), .storage = Storage::u64});
    const Job job{.counter = counter.id(),
                  .idiom = catalogue.idiom("this_cpu_inc").id,
                  .updates = 10,
                  .contexts = {Context::hardirq},
                  .period = std::chrono::milliseconds(2)};
    std::uint64_t jobs = 0;
    std::uint64_t told = 0;
    const auto end = std::chrono::steady_clock::now() + moving_time;
    for (; std::chrono::steady_clock::now() < end; ++jobs) told += device.hammer(job).tally.total();
    EXPECT_EQ(sum(counter.id()), told) << "this_cpu_inc in task,hardirq on moving CPUs";
    return jobs;
  }
};

TEST_F(JobsMoving, WhoWaitsToBeginMayGoOnElsewhere) {
  if (catalogue.online.size() < 2) GTEST_SKIP() << "threads move between two online CPUs";
  std::atomic<std::uint64_t> jobs = 0;
  {
    std::vector<std::unique_ptr<SignalledThread>> threads(movers_per_cpu * catalogue.online.size());
    for (std::size_t i = 0; i < threads.size(); ++i)
      threads[i] = std::make_unique<SignalledThread>([&, i] { jobs += begin_and_end(i); });
    const Pusher pusher(catalogue.online);
    for (const auto& thread : threads) thread->join();
  }
  RecordProperty("jobs", std::to_string(jobs));
  EXPECT_GE(jobs, enough_jobs) << "INCONCLUSIVE: hardly any began";
}

}  // namespace
}  // namespace percpu_scope::guest
