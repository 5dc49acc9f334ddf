// SPDX-License-Identifier: GPL-2.0-only
//
// What can be asked of torture, and its answer. Values only; running it is
// torture.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "percpu_scope/requests.hpp"
#include "percpu_scope/words.hpp"

namespace percpu_scope {

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

}  // namespace percpu_scope
