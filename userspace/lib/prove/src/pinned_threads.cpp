// SPDX-License-Identifier: GPL-2.0-only
//
// Pinning, the common start, and exceptions on their way back.
#include "percpu_scope/prove/pinned_threads.hpp"

#include <sched.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <utility>

#include "percpu_scope/cpu_list.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

// Room for more CPUs than any kernel is built for: sched_getaffinity(2) fails
// with EINVAL if the mask is shorter than the kernel's.
using CpuMask = std::array<cpu_set_t, 16>;
constexpr std::size_t mask_bits = sizeof(CpuMask) * 8;

CpuMask get_affinity() {
  CpuMask mask{};
  if (::sched_getaffinity(0, sizeof(mask), mask.data()) != 0)
    throw Error(Operation::pin_thread, errno, "any CPU");
  return mask;
}

}  // namespace

void pin_this_thread(std::uint32_t cpu) {
  const std::string subject = "CPU " + std::to_string(cpu);
  if (cpu >= mask_bits) throw Error(Operation::pin_thread, EINVAL, subject);
  CpuMask mask{};
  CPU_SET_S(cpu, sizeof(mask), mask.data());
  if (::sched_setaffinity(0, sizeof(mask), mask.data()) != 0)
    throw Error(Operation::pin_thread, errno, subject);
  // The kernel silently narrows a mask to the cpuset; and the thread must have
  // moved by now, since sched_setaffinity(2) waits for the migration.
  const CpuMask got = get_affinity();
  if (CPU_EQUAL_S(sizeof(mask), mask.data(), got.data()) == 0 ||
      ::sched_getcpu() != static_cast<int>(cpu))
    throw Error(Operation::pin_thread, EINVAL, subject);
}

void keep_this_thread_on(std::span<const std::uint32_t> cpus) {
  CpuMask mask{};
  for (const std::uint32_t cpu : cpus)
    if (cpu < mask_bits) CPU_SET_S(cpu, sizeof(mask), mask.data());
  // The kernel takes those there are.
  if (::sched_setaffinity(0, sizeof(mask), mask.data()) != 0)
    throw Error(Operation::pin_thread, errno, "CPUs " + format_cpu_list(cpus));
}

void unpin_this_thread() {
  std::vector<std::uint32_t> all(mask_bits);
  std::iota(all.begin(), all.end(), 0U);
  keep_this_thread_on(all);
}

std::vector<std::uint32_t> allowed_cpus() {
  const CpuMask mask = get_affinity();
  std::vector<std::uint32_t> cpus;
  for (std::uint32_t cpu = 0; cpu < mask_bits; ++cpu)
    if (CPU_ISSET_S(cpu, sizeof(mask), mask.data())) cpus.push_back(cpu);
  return cpus;
}

struct PinnedThreads::State {
  State(std::span<const std::uint32_t> cpus, Function entry)
      : function(std::move(entry)), failures(cpus.size()), expected(cpus.size()) {}

  // All threads are pinned, or at least one never will be.
  void wait_for_start() {
    std::unique_lock lock(mutex);
    ++ready;
    changed.notify_all();
    changed.wait(lock, [this] { return ready == expected || cancelled; });
  }

  void cancel() {
    stop.request_stop();
    const std::scoped_lock lock(mutex);
    cancelled = true;
    changed.notify_all();
  }

  void run(std::uint32_t cpu, std::size_t index) {
    try {
      pin_this_thread(cpu);
      wait_for_start();
      {
        const std::scoped_lock lock(mutex);
        if (cancelled) return;
      }
      function({.cpu = cpu, .index = index, .stop = stop.get_token()});
    } catch (...) {
      failures[index] = std::current_exception();
      cancel();
    }
  }

  Function function;
  std::vector<std::exception_ptr> failures;  // [index], each written by its thread only
  std::stop_source stop;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t expected;
  std::size_t ready = 0;
  bool cancelled = false;
  std::vector<std::jthread> threads;  // last: joined before the rest goes
};

PinnedThreads::PinnedThreads(std::span<const std::uint32_t> cpus, Function function)
    : state_(std::make_unique<State>(cpus, std::move(function))) {
  State& state = *state_;
  state.threads.reserve(cpus.size());
  try {
    for (std::size_t index = 0; index < cpus.size(); ++index)
      state.threads.emplace_back([&state, cpu = cpus[index], index] { state.run(cpu, index); });
  } catch (...) {
    state.cancel();
    throw;
  }
}

PinnedThreads::~PinnedThreads() { request_stop(); }

void PinnedThreads::request_stop() { state_->stop.request_stop(); }

void PinnedThreads::join() {
  for (std::jthread& thread : state_->threads)
    if (thread.joinable()) thread.join();
  for (std::exception_ptr& failure : state_->failures)
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
}

void run_on_cpus(std::span<const std::uint32_t> cpus, const PinnedThreads::Function& function) {
  PinnedThreads threads(cpus, function);
  threads.join();
}

}  // namespace percpu_scope
