// SPDX-License-Identifier: GPL-2.0-only
//
// The random jobs of torture, out of the matrix. They follow from the seed
// alone; what a machine makes of them does not. No device here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/prove/promises.hpp"

namespace percpu_scope {

// A cell of the matrix, without its CPUs: a torture job is one thread's.
struct TortureCell {
  Idiom idiom;
  ContextSet contexts;
  Expectation expectation = Expectation::conserved;
  bool bh_off = false;  // the task updates with bottom halves off
};

// Those of the matrix with these idioms (all if empty) and, if `contexts` is
// not empty, with no other contexts than these; those of tasks beside softirqs also with
// bottom halves off. No controls, and no findings on storages that are not per CPU: all
// workers share those counters.
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
  std::uint32_t worker_;
  std::size_t possible_cpus_;
  std::mt19937_64 random_;
  std::uint64_t number_ = 0;
};

}  // namespace percpu_scope
