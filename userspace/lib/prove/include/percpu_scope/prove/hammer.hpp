// SPDX-License-Identifier: GPL-2.0-only
//
// Hammering a counter from one pinned thread per CPU, and proving what came
// of it: nothing lost, nothing torn. Built on Device and PinnedThreads; it
// returns results and prints none.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "percpu_scope/device.hpp"
#include "percpu_scope/prove/conservation.hpp"

namespace percpu_scope {

// Called now and then, from any of the threads, one at a time.
using Progress = std::function<void(std::uint64_t done, std::uint64_t wanted)>;

// The same job on several CPUs at once.
struct Hammering {
  Counter counter;
  Idiom idiom;
  std::vector<std::uint32_t> cpus;  // numbers; one pinned thread each
  std::uint64_t updates = 0;        // per CPU, in task context
  ContextSet contexts{};            // that interfere on every one of the CPUs
  std::chrono::nanoseconds period{0};
  // The least that each interfering context issues on each CPU. With no updates
  // the contexts have the counter to themselves.
  std::uint64_t interruptions = 0;
  bool finding = false;
  bool inject = false;  // update once more in the window of a control: see Job
  bool bh_off = false;  // each update of a task with bottom halves off
  // So many threads that the scheduler may move, in place of one pinned to each of
  // `cpus`: among these, or wherever they may run if it is empty. 0: pinned. `updates`
  // is then per thread.
  std::uint32_t unpinned_threads = 0;
  // About how long one ioctl may take; 0: all updates in one. Between slices the
  // stop token, time and progress are looked at.
  std::chrono::nanoseconds slice{0};
  std::chrono::nanoseconds time_limit{0};  // start no slice after this; 0: none
  std::stop_token stop{};
  Progress progress{};  // in updates of all CPUs
};

struct HammerResult {
  std::vector<JobResult> jobs;      // one per CPU, its slices added up
  Tally tally;                      // of all jobs
  std::uint64_t injected = 0;       // by the kprobe; not in the tally, but issued
  std::uint64_t open_sections = 0;  // see JobResult
  std::vector<Conservation> fields;
  // A copy cannot be read whole though all is at rest: its sequence is stuck,
  // and `fields` mean nothing.
  bool stuck = false;
  bool interrupted = false;    // by a signal or the stop token
  bool cpu_went_down = false;  // on any CPU
  bool misplaced = false;      // see JobResult

  [[nodiscard]] bool exact() const { return !stuck && all_exact(fields); }
  // All that the counter must have gained.
  [[nodiscard]] std::uint64_t issued() const { return tally.total() + injected; }
  // Updates in task context per second of a CPU's job time, mean over the CPUs.
  [[nodiscard]] double updates_per_second_per_cpu() const;
};

// The counter must be left alone by others meanwhile: anything they add shows
// as a difference.
HammerResult hammer_on_cpus(const Device& device, const Hammering& hammering);

// How often a reader must have met the writer at work for whole readings to mean
// anything. Where the host has fewer cores than there are CPUs both sides take
// turns, and nearly all readings are the same.
inline constexpr std::uint64_t enough_changes = 200;

// A pattern written on one CPU and read and checked on another.
struct TearCheck {
  Counter counter;
  Idiom idiom;                   // a pattern idiom that fits the counter
  std::uint32_t writer_cpu = 0;  // whose copy is written and read
  std::uint32_t reader_cpu = 0;  // std::invalid_argument if the same
  std::uint64_t reads = 0;
  // Readings that differ from the one before: until there are so many, read on,
  // to ten times the reads and the time limit.
  std::uint64_t changes = 0;
  std::uint32_t retries_max = 1000;        // per reading, then it is starved
  std::chrono::nanoseconds time_limit{0};  // start no slice of reads after this; 0: none
  std::stop_token stop{};
  Progress progress{};  // in readings
};

struct TearResult {
  VerifyResult readings;
  JobResult writer;  // its slices added up
  // Fewer readings than asked for: time, signal or stop token.
  bool cut_short = false;
};

// Resets the counter first, since only a pattern can be verified; leaves the
// pattern in it.
TearResult check_tearing(const Device& device, const TearCheck& check);

}  // namespace percpu_scope
