// SPDX-License-Identifier: GPL-2.0-only
//
// Running torture: workers, readers, a check of the shared counters, and a storm.
#include "percpu_scope/prove/torture.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "percpu_scope/prove/hotplug.hpp"
#include "percpu_scope/prove/torture_jobs.hpp"
#include "percpu_scope/prove/usable_cpus.hpp"
#include "torture_readers.hpp"
#include "torture_workers.hpp"

namespace percpu_scope {
namespace {

using torturing::Arena;
using torturing::check;
using torturing::check_in_turn;
using torturing::Reader;
using torturing::Worker;
using Clock = Arena::Clock;

constexpr std::chrono::milliseconds look{100};
constexpr std::chrono::seconds progress_interval{1};

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

struct Crew {
  std::uint32_t workers = 0;
  std::uint64_t counters_of_each = 0;
};

// There may be so many counters, of so many bytes, and each worker has some of its own: rather
// fewer of them than fewer workers, who would leave CPUs idle.
Crew crew_for(const TortureRequest& request, const Device& device, const Info& info,
              std::uint32_t usable) {
  std::uint64_t largest = 0;
  for (const Kind& kind : device.kinds())
    if (kind.is_dynamic()) largest = std::max(largest, kind.size);
  const std::uint64_t counters =
      std::min(shares(info.dynamic_counters_max, info.dynamic_counters, 1),
               shares(info.dynamic_bytes_max, info.dynamic_bytes, largest * info.possible_cpus));
  const std::uint64_t workers =
      std::min<std::uint64_t>(request.workers != 0 ? request.workers : usable * 2, counters);
  return {.workers = static_cast<std::uint32_t>(workers),
          .counters_of_each = std::min(counters / workers, Worker::own_counters_most)};
}

// However its scope is left, nobody begins anything more.
struct Halt {
  explicit Halt(Arena& arena) : arena(arena) {}
  ~Halt() { arena.halted = true; }
  Halt(const Halt&) = delete;
  Halt& operator=(const Halt&) = delete;

  Arena& arena;
};

}  // namespace

TortureResult torture(const Device& device, const TortureRequest& request) {
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

  const Crew crew = crew_for(request, device, info, usable);
  TortureResult result{.seed = request.seed, .workers = crew.workers};
  arena.replay = replay_of(request, result.workers);
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::uint32_t i = 0; i < result.workers; ++i)
    workers.push_back(
        std::make_unique<Worker>(arena, i, crew.counters_of_each,
                                 TortureSequence(cells, request.seed, i, arena.possible.size())));
  std::vector<std::unique_ptr<Reader>> readers;
  for (std::uint32_t i = 0; i < std::max(1U, usable / 2); ++i)
    readers.push_back(std::make_unique<Reader>(arena, request.seed + i));
  std::optional<HotplugStorm> storm;
  if (request.hotplug) storm.emplace(offlinable_cpus(), request.seed);

  {
    std::vector<std::jthread> threads;
    threads.reserve(workers.size() + readers.size() + 1);
    // Before they are waited for: if one cannot be made, the others need not go on.
    const Halt halt(arena);
    for (const auto& worker : workers) threads.emplace_back([&worker] { worker->run(); });
    for (const auto& reader : readers) threads.emplace_back([&reader] { reader->run(); });
    threads.emplace_back([&arena] { check_in_turn(arena); });
    Clock::time_point next_progress = arena.start + progress_interval;
    while (!arena.is_over()) {
      std::this_thread::sleep_for(look);
      if (!request.progress || Clock::now() < next_progress) continue;
      next_progress += progress_interval;
      TortureTotals totals = arena.now();
      if (storm) totals.hotplug_cycles = storm->cycles();
      request.progress(totals, Clock::now() - arena.start);
    }
  }

  for (const auto& shared : arena.shared) check(arena, *shared);
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
  result.elapsed = Clock::now() - arena.start;
  return result;
}

}  // namespace percpu_scope
