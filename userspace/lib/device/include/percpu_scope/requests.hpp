// SPDX-License-Identifier: GPL-2.0-only
//
// What can be asked of the module, and its answers: jobs, verifying reads and
// new counters in C++ terms. Values only; asking is device.hpp.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "percpu_scope/descriptions.hpp"

namespace percpu_scope {

// Updates issued, by context; those of a newer module, too.
struct Tally {
  std::array<std::uint64_t, PERCPU_SCOPE_CONTEXTS_MAX> by_context{};

  [[nodiscard]] std::uint64_t operator[](Context context) const {
    return by_context[static_cast<std::size_t>(context)];
  }
  [[nodiscard]] std::uint64_t total() const;
  Tally& operator+=(const Tally& other);
  bool operator==(const Tally&) const = default;
};

// One hammer run by the calling thread on the CPU it runs on: pin it first.
struct Job {
  CounterId counter{};
  IdiomId idiom{};
  std::uint64_t updates = 0;           // in task context; 0: the task only waits
  ContextSet contexts{};               // that interfere meanwhile; never task
  std::chrono::nanoseconds period{0};  // of each generator; 0 if `contexts` is empty
  // The least that each interfering context issues; the task goes on until then.
  std::uint64_t interruptions = 0;
  bool finding = false;  // PERCPU_SCOPE_JOB_FINDING: run it though it may lose updates
  // PERCPU_SCOPE_JOB_INJECT: a kprobe updates once more in the middle of each
  // update of a control; one such job at a time (Error EBUSY).
  bool inject = false;
  // PERCPU_SCOPE_JOB_BH_OFF: each update of the task with bottom halves off.
  bool bh_off = false;
};

struct JobResult {
  Tally tally{};
  std::chrono::nanoseconds elapsed{0};  // of the whole job
  std::uint32_t cpu = 0;                // where it started
  bool interrupted = false;             // a signal ended it early
  bool cpu_went_down = false;           // its generators stopped with their CPU
  bool misplaced = false;               // an update ran in another context than its tally's
  std::uint64_t ipis = 0;               // of those of hardirq, by other CPUs' interrupts
  std::uint64_t irq_works = 0;          // of those of hardirq, by irq_work
  std::uint64_t migrations = 0;         // times that the thread went to another CPU
  std::uint64_t preemptions = 0;        // times that it lost its CPU without asking for it
  std::uint64_t injected = 0;           // updates by the kprobe; in no tally
  // Interfering updates that found a write section open on their own CPU: a
  // reader in their place would have spun for ever.
  std::uint64_t open_sections = 0;
  // Interfering updates while another one, of whatever job, was under way on their CPU.
  std::uint64_t nested = 0;

  // All that the counter must have gained.
  [[nodiscard]] std::uint64_t issued() const { return tally.total() + injected; }
  // Adds a later part of the same job.
  JobResult& operator+=(const JobResult& part);
};

// Read one CPU's copy over and over in the kernel and check each reading. The
// counter must hold a pattern: Error ENODATA if anything but pattern idioms
// has updated it since it was created or reset.
struct Verify {
  CounterId counter{};
  std::uint32_t cpu = 0;  // whose copy; its number
  std::uint64_t reads = 0;
  std::uint32_t retries_max = 0;  // per reading; at most PERCPU_SCOPE_RETRIES_MAX
  // Of the counter, for an example of a torn reading; 0: none is wanted.
  std::size_t fields = 0;
};

struct VerifyResult {
  bool interrupted = false;
  std::uint64_t done = 0;  // readings made, starved ones included
  std::uint64_t retries = 0;
  std::uint64_t starved = 0;   // given up; not checked
  std::uint64_t torn = 0;      // readings with a field that no writer wrote
  std::uint64_t skewed = 0;    // readings with fields of different updates
  std::uint64_t backward = 0;  // readings with a field behind the reading before
  std::uint64_t changed = 0;   // readings that differ from the one before
  std::chrono::nanoseconds elapsed{0};
  std::vector<std::uint64_t> torn_example{};  // the fields of the first torn reading

  // Adds counts and times; keeps the first torn example.
  VerifyResult& operator+=(const VerifyResult& other);
};

// A dynamic counter to be made.
struct Create {
  std::string name;  // Error ENAMETOOLONG from PERCPU_SCOPE_NAME_SIZE bytes on
  Storage storage = Storage::u64;
  Variant variant = Variant::alloc_percpu;
  std::uint64_t size = 0;   // bytes; 0: the storage's own; else __alloc_percpu only
  std::uint64_t align = 0;  // bytes; 0: the storage's own; else __alloc_percpu only
  bool temporary = false;   // it goes with this descriptor, however that comes to be closed
};

}  // namespace percpu_scope
