// SPDX-License-Identifier: GPL-2.0-only
//
// One look of a reader; one check of what all workers have updated.
#include "torture_readers.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "percpu_scope/error.hpp"

namespace percpu_scope::torturing {
namespace {

constexpr std::chrono::milliseconds idle{100};
constexpr std::chrono::milliseconds between_checks{100};
constexpr std::uint64_t reads_at_once = 20'000;
constexpr std::uint32_t retries_max = 1000;

}  // namespace

void Reader::run() {
  Snapshot snapshot;
  while (!arena_.is_over()) {
    TortureTotals part;
    try {
      verify(part);
      arena_.device.snapshot(arena_.shared_ids, snapshot);
      ++part.snapshots;
      if (random_() % 16 == 0) read_debugfs();
    } catch (const std::exception& error) {
      arena_.fail(std::string("reader: ") + error.what());
    }
    arena_.add(part);
  }
}

void Reader::verify(TortureTotals& part) {
  const auto chosen = arena_.pattern(random_());
  if (!chosen) {
    std::this_thread::sleep_for(idle);
    return;
  }
  const auto [counter, unskewed] = *chosen;
  const std::uint32_t cpu = arena_.possible[random_() % arena_.possible.size()].number;
  try {
    const VerifyResult result = arena_.device.verify(
        {.counter = counter, .cpu = cpu, .reads = reads_at_once, .retries_max = retries_max});
    part.reads += result.done;
    part.starved += result.starved;
    if (result.torn > 0 || result.backward > 0 || (unskewed && result.skewed > 0))
      arena_.fail("reader: counter " + std::to_string(static_cast<std::uint32_t>(counter)) +
                  " on CPU " + std::to_string(cpu) + ": of " + std::to_string(result.done) +
                  " readings " + std::to_string(result.torn) + " torn, " +
                  std::to_string(result.skewed) + " skewed, " + std::to_string(result.backward) +
                  " backward");
  } catch (const Error& error) {
    if (error.error_number() != ENOENT) throw;  // destroyed since it was chosen
  }
}

void Reader::read_debugfs() {
  if (!has_debugfs_) return;
  try {
    (void)debugfs_.values();
  } catch (const Error&) {
    has_debugfs_ = false;  // not mounted: then it is not torture's to read
  }
}

void check(Arena& arena, Shared& shared) {
  const AtRest at_rest(shared);
  const CounterId id = shared.counter.id;
  try {
    const Snapshot snapshot = arena.device.snapshot(std::array{id});
    const Record& record = snapshot.record(id);
    for (std::size_t i = 0; i < shared.counter.fields.size(); ++i) {
      const Field& field = shared.counter.fields[i];
      const std::uint64_t issued = shared.issued * field.weight;
      if (field.modulo(record.sum[i] - issued) != 0)
        arena.fail("shared counter " + shared.counter.name + ", no job on it: issued " +
                   std::to_string(issued) + ", counted " + std::to_string(record.sum[i]) +
                   ", lost " + std::to_string(static_cast<std::int64_t>(issued - record.sum[i])) +
                   " (" + field.name + ")");
    }
    arena.device.reset(id);
    shared.issued = 0;
    TortureTotals part;
    part.checks = 1;
    part.snapshots = 1;
    arena.add(part);
  } catch (const std::exception& error) {
    arena.fail("check of " + shared.counter.name + ", no job on it: " + error.what());
  }
}

void check_in_turn(Arena& arena) {
  for (std::size_t turn = 0; !arena.is_over(); ++turn) {
    if (!arena.shared.empty()) check(arena, *arena.shared[turn % arena.shared.size()]);
    std::this_thread::sleep_for(between_checks);
  }
}

}  // namespace percpu_scope::torturing
