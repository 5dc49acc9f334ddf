// SPDX-License-Identifier: GPL-2.0-only
//
// Torture: random jobs out of the matrix, on all CPUs, for as long as asked,
// with readers, resets, creation, destruction and hotplug in between. Every
// job's updates are checked. The jobs of a worker follow from the seed alone,
// what the machine makes of them does not.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "percpu_scope/device.hpp"
#include "percpu_scope/promises.hpp"

namespace percpu_scope {

// A cell of the matrix, without its CPUs: a torture job is one thread's.
struct TortureCell {
  Idiom idiom;
  ContextSet contexts;
  Expectation expectation = Expectation::conserved;
};

// Those of the matrix with these idioms (all if empty) and, if `contexts` is
// not empty, with no other contexts than these. No controls, and no findings on
// storages that are not per CPU: all workers share those counters.
std::vector<TortureCell> torture_cells(const Info& info, std::span<const Idiom> idioms,
                                       std::span<const std::string> idiom_names,
                                       ContextSet contexts);

// Where a job counts.
enum class TortureCounter {
  own,     // the worker's dynamic counter of the storage: checked after each job
  shared,  // a static one, hammered by all workers: checked when all are at rest
};

struct TortureJob {
  std::uint64_t number = 0;  // in the worker's sequence
  TortureCell cell;
  Storage storage = Storage::u64;
  TortureCounter counter = TortureCounter::own;
  std::size_t cpu_index = 0;  // in the list of possible CPUs; if that is offline: anywhere
  bool pinned = true;
  std::uint64_t updates = 0;
  std::uint64_t interruptions = 0;
  std::chrono::nanoseconds period{0};
  bool recreate = false;  // the own counter first, by this call
  Variant variant = Variant::alloc_percpu;
  bool reset = false;  // the own counter first

  // "this_cpu_inc in task,hardirq: 1000 updates, 20 interruptions every 70 us, …".
  [[nodiscard]] std::string describe() const;
};

// The endless sequence of one worker: a function of seed, worker, cells and the
// number of possible CPUs.
class TortureSequence {
 public:
  TortureSequence(std::vector<TortureCell> cells, std::uint64_t seed, std::uint32_t worker,
                  std::size_t possible_cpus);
  TortureJob next();

 private:
  std::uint64_t below(std::uint64_t bound);
  bool one_in(std::uint64_t chances) { return below(chances) == 0; }

  std::vector<TortureCell> cells_;
  std::size_t possible_cpus_;
  std::mt19937_64 random_;
  std::uint64_t number_ = 0;
};

struct TortureTotals {
  Tally tally;  // updates, by context
  std::uint64_t jobs = 0;
  std::uint64_t findings = 0;  // jobs that nothing was promised for
  std::uint64_t lossy = 0;     // findings that lost updates
  std::uint64_t refused = 0;   // jobs that had to be refused, and were
  std::uint64_t busy = 0;      // jobs given up: another one kept the CPU's NMIs
  std::uint64_t reads = 0;     // verifying readings
  std::uint64_t starved = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t creates = 0;
  std::uint64_t destroys = 0;
  std::uint64_t resets = 0;
  std::uint64_t hotplug_cycles = 0;
  std::uint64_t checks = 0;  // of shared counters, all workers at rest

  TortureTotals& operator+=(const TortureTotals& other);
  [[nodiscard]] std::uint64_t updates() const { return tally.total(); }
  [[nodiscard]] std::uint64_t interrupts() const {
    return tally[Context::softirq] + tally[Context::hardirq];
  }
  [[nodiscard]] std::uint64_t nmis() const { return tally[Context::nmi]; }
};

struct TortureFailure {
  std::string message;  // what was lost, torn or answered, and by which job
  std::string replay;   // the command that makes the same sequences again
};

struct TortureRequest {
  std::uint64_t seed = 0;
  std::chrono::nanoseconds duration{0};
  std::vector<std::string> idioms{};  // names; empty: all but controls
  ContextSet contexts{};              // that may update; empty: all
  std::uint32_t workers = 0;          // 0: two per CPU that may be used
  bool hotplug = false;               // CPUs go off and on line all the while
  bool keep_going = false;            // after a failure, too
  std::stop_token stop{};
  // Called from the calling thread, about once a second.
  std::function<void(const TortureTotals& totals, std::chrono::nanoseconds elapsed)> progress{};
};

struct TortureResult {
  std::uint64_t seed = 0;
  std::uint32_t workers = 0;
  TortureTotals totals{};
  std::vector<TortureFailure> failures{};
  bool interrupted = false;
  std::chrono::nanoseconds elapsed{0};

  // Cut short by a signal it has not shown what was asked for.
  [[nodiscard]] bool good() const {
    return failures.empty() && totals.updates() > 0 && !interrupted;
  }
};

// Nobody else may update the static counters meanwhile. Zeroes them.
TortureResult torture(const Device& device, const TortureRequest& request);

}  // namespace percpu_scope
