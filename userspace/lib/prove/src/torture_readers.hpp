// SPDX-License-Identifier: GPL-2.0-only
//
// Those who look in torture: readers, at what is being updated, and the check of what all
// workers have updated.
#pragma once

#include <cstdint>
#include <random>

#include "percpu_scope/debugfs.hpp"
#include "torture_arena.hpp"

namespace percpu_scope::torturing {

// Reads by all ways there are, while everything moves.
class Reader {
 public:
  Reader(Arena& arena, std::uint64_t seed) : arena_(arena), random_(seed) {}

  // Readings until it is over.
  void run();

 private:
  void verify(TortureTotals& part);
  void read_debugfs();

  Arena& arena_;
  std::mt19937_64 random_;
  Debugfs debugfs_;
  bool has_debugfs_ = true;
};

// It has gained what all jobs on it issued. Waits for those at work, and zeroes it.
void check(Arena& arena, Shared& shared);

// Each in its turn until it is over, while the others are worked on: if all rested at once,
// most CPUs would wait for the slowest job.
void check_in_turn(Arena& arena);

}  // namespace percpu_scope::torturing
