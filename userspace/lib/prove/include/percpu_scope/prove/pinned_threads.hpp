// SPDX-License-Identifier: GPL-2.0-only
//
// Threads that each run on one CPU, started together. Knows of CPUs and
// threads only, nothing of devices or counters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

namespace percpu_scope {

// What a thread is told about itself.
struct PinnedThread {
  std::uint32_t cpu = 0;  // the number of the CPU it is pinned to
  std::size_t index = 0;  // its place in the list of CPUs
  std::stop_token stop;   // asked to end: by request_stop(), or as another thread failed
};

// Pins the calling thread with sched_setaffinity(2) and checks that the kernel
// agrees and the thread has moved. Error pin_thread: EINVAL if the CPU is
// offline or outside the cpuset.
void pin_this_thread(std::uint32_t cpu);

// Lets the calling thread run on all of these, and on no other. Error pin_thread: EINVAL if
// all of them are offline or outside the cpuset.
void keep_this_thread_on(std::span<const std::uint32_t> cpus);

// Lets the calling thread run on every CPU that its cpuset has again.
void unpin_this_thread();

// The CPUs this process may run on (sched_getaffinity(2)), ascending.
std::vector<std::uint32_t> allowed_cpus();

// One thread per entry of `cpus`, each pinned before any of them enters
// `function`; all enter together. A failure to pin means that none enters.
class PinnedThreads {
 public:
  using Function = std::function<void(const PinnedThread&)>;

  PinnedThreads(std::span<const std::uint32_t> cpus, Function function);
  PinnedThreads(const PinnedThreads&) = delete;
  PinnedThreads& operator=(const PinnedThreads&) = delete;
  PinnedThreads(PinnedThreads&&) = delete;
  PinnedThreads& operator=(PinnedThreads&&) = delete;
  // Requests a stop and waits; an exception not fetched by join() is dropped.
  ~PinnedThreads();

  void request_stop();
  // Waits for all and rethrows the first exception, by place in the list.
  void join();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Run `function` on every CPU at once and wait; exceptions are carried back.
void run_on_cpus(std::span<const std::uint32_t> cpus, const PinnedThreads::Function& function);

}  // namespace percpu_scope
