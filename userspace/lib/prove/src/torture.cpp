// SPDX-License-Identifier: GPL-2.0-only
//
// Running torture: workers, readers and a storm for a round, then all at rest
// and the shared counters checked; round after round.
#include "percpu_scope/prove/torture.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "percpu_scope/prove/hotplug.hpp"
#include "percpu_scope/prove/torture_jobs.hpp"
#include "percpu_scope/prove/usable_cpus.hpp"
#include "torture_workers.hpp"

namespace percpu_scope {
namespace {

using torturing::Arena;
using torturing::Reader;
using torturing::Worker;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds round_length{3};
constexpr std::chrono::milliseconds look{100};
constexpr std::chrono::seconds progress_interval{1};

// All is at rest: every shared counter has gained what all jobs issued.
void check_shared(Arena& arena) {
  const Snapshot snapshot = arena.device.snapshot(arena.shared_ids);
  TortureTotals part;
  for (const auto& shared : arena.shared) {
    const Record& record = snapshot.record(shared->counter.id);
    for (std::size_t i = 0; i < shared->counter.fields.size(); ++i) {
      const Field& field = shared->counter.fields[i];
      const std::uint64_t issued = shared->issued * field.weight;
      if (field.modulo(record.sum[i] - issued) != 0)
        arena.fail("shared counter " + shared->counter.name + ", all at rest: issued " +
                   std::to_string(issued) + ", counted " + std::to_string(record.sum[i]) +
                   ", lost " + std::to_string(static_cast<std::int64_t>(issued - record.sum[i])) +
                   " (" + shared->counter.fields[i].name + ")");
    }
    ++part.checks;
    arena.device.reset(shared->counter.id);
    shared->issued = 0;
  }
  ++part.snapshots;
  arena.add(part);
}

std::string replay_of(const TortureRequest& request, std::uint32_t workers) {
  std::string line =
      "pcpu torture --seed " + std::to_string(request.seed) + " --workers " +
      std::to_string(workers) + " --seconds " +
      std::to_string(std::chrono::ceil<std::chrono::seconds>(request.duration).count());
  std::string separator = " --idiom ";
  for (const std::string& idiom : request.idioms) line += std::exchange(separator, ",") + idiom;
  if (!request.contexts.empty()) line += " --context " + to_string(request.contexts);
  return line + (request.hotplug ? " --hotplug" : "");
}

// How many times `each` fits into what is left of `most`; once, if only to be told that it
// does not.
std::uint64_t shares(std::uint64_t most, std::uint64_t used, std::uint64_t each) {
  const std::uint64_t left = most > used ? most - used : 0;
  return std::max<std::uint64_t>(1, left / std::max<std::uint64_t>(1, each));
}

std::uint32_t workers_for(const TortureRequest& request, const Device& device, const Info& info,
                          std::uint32_t usable) {
  // Each has counters of its own, of which there may be so many, of so many bytes.
  const Worker::Most own = Worker::own_counters_most(device.kinds());
  const std::uint64_t most =
      std::min(shares(info.dynamic_counters_max, info.dynamic_counters, own.counters),
               shares(info.dynamic_bytes_max, info.dynamic_bytes, own.bytes * info.possible_cpus));
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(request.workers != 0 ? request.workers : usable * 2, most));
}

}  // namespace

TortureResult torture(const Device& device, const TortureRequest& request) {
  const Clock::time_point start = Clock::now();
  const Info info = device.info();
  const auto usable = static_cast<std::uint32_t>(usable_cpus(device.cpus()).size());
  const std::vector<Idiom> idioms = device.idioms();
  std::vector<TortureCell> cells = torture_cells(info, idioms, request.idioms, request.contexts);
  Arena arena(device, request);
  // What no worker can have one of its own of, and none is there for all.
  std::erase_if(cells, [&](const TortureCell& cell) {
    return !cell.idiom.is_dynamic() && arena.shared_of(cell.idiom.storage) == nullptr;
  });
  for (const CounterId id : arena.shared_ids) device.reset(id);

  TortureResult result{.seed = request.seed, .workers = workers_for(request, device, info, usable)};
  arena.replay = replay_of(request, result.workers);
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::uint32_t i = 0; i < result.workers; ++i)
    workers.push_back(std::make_unique<Worker>(
        arena, i, TortureSequence(cells, request.seed, i, arena.possible.size())));
  std::vector<std::unique_ptr<Reader>> readers;
  for (std::uint32_t i = 0; i < std::max(1U, usable / 2); ++i)
    readers.push_back(std::make_unique<Reader>(arena, request.seed + i));
  std::optional<HotplugStorm> storm;
  if (request.hotplug) storm.emplace(offlinable_cpus(), request.seed);

  Clock::time_point next_progress = start + progress_interval;
  const auto over = [&] {
    return arena.halted || request.stop.stop_requested() ||
           Clock::now() - start >= request.duration;
  };
  while (!over()) {
    {
      const Clock::time_point end = Clock::now() + round_length;
      std::vector<std::jthread> threads;
      threads.reserve(workers.size() + readers.size());
      for (const auto& worker : workers)
        threads.emplace_back([&worker](const std::stop_token& stop) { worker->run(stop); });
      for (const auto& reader : readers)
        threads.emplace_back([&reader](const std::stop_token& stop) { reader->run(stop); });
      while (!over() && Clock::now() < end) {
        std::this_thread::sleep_for(look);
        if (!request.progress || Clock::now() < next_progress) continue;
        next_progress += progress_interval;
        TortureTotals totals = arena.now();
        if (storm) totals.hotplug_cycles = storm->cycles();
        request.progress(totals, Clock::now() - start);
      }
      // All are told before any is waited for.
      for (std::jthread& thread : threads) thread.request_stop();
    }
    try {
      check_shared(arena);
    } catch (const std::exception& error) {
      arena.fail(std::string("check at rest: ") + error.what());
    }
  }

  for (const auto& worker : workers) worker->finish();
  result.totals = arena.now();
  if (storm) {
    try {
      storm->stop();
    } catch (const std::exception& error) {
      arena.fail(std::string("storm: ") + error.what());
    }
    result.totals.hotplug_cycles = storm->cycles();
  }
  result.failures = std::move(arena.failures);
  result.interrupted = request.stop.stop_requested();
  result.elapsed = Clock::now() - start;
  return result;
}

}  // namespace percpu_scope
