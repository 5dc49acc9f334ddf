// SPDX-License-Identifier: GPL-2.0-only
//
// Running torture: workers, readers and a storm for a round, then all at rest
// and the shared counters checked; round after round.
#include "percpu_scope/torture.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "percpu_scope/call_counter.hpp"
#include "percpu_scope/debugfs.hpp"
#include "percpu_scope/error.hpp"
#include "percpu_scope/hotplug.hpp"
#include "percpu_scope/pinned_threads.hpp"

namespace percpu_scope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds round_length{3};
constexpr std::chrono::milliseconds look{100};
constexpr std::chrono::seconds progress_interval{1};
// Another worker's NMIs on the CPU last tens of milliseconds.
constexpr int busy_attempts = 50;
constexpr std::chrono::milliseconds busy_pause{2};
constexpr std::uint64_t reads_at_once = 20'000;
constexpr std::uint32_t retries_max = 1000;
// Own counters of a worker: the per-CPU storages, for sums, patterns, findings.
constexpr std::uint32_t own_counters_most = 12;

// A static counter that all workers update.
struct Shared {
  Counter counter;
  std::atomic<std::uint64_t> issued = 0;
  std::atomic<bool> spoiled = false;  // by a finding: may have lost
};

// What an own counter holds.
enum class Content { sums, pattern, findings };

struct Own {
  OwnedCounter owned;
  Counter counter;
};

// What workers and readers share.
class Arena {
 public:
  Arena(const Device& device, const TortureRequest& request)
      : device(device), request(request), possible(device.cpus()) {
    std::set<Storage> seen;
    for (Counter& counter : device.counters())
      if (counter.origin == Origin::static_ && seen.insert(counter.storage).second) {
        shared_ids.push_back(counter.id);
        auto one = std::make_unique<Shared>();
        one->counter = std::move(counter);
        shared.push_back(std::move(one));
      }
  }

  [[nodiscard]] Shared& shared_of(Storage storage) const {
    for (const auto& one : shared)
      if (one->counter.storage == storage) return *one;
    throw MalformedError("no static counter of storage " + std::string(to_string(storage)));
  }

  void fail(std::string message) {
    const std::scoped_lock lock(mutex);
    failures.push_back({.message = std::move(message), .replay = replay});
    if (!request.keep_going) halted = true;
  }

  void add(const TortureTotals& part) {
    const std::scoped_lock lock(mutex);
    totals += part;
  }

  [[nodiscard]] TortureTotals now() {
    const std::scoped_lock lock(mutex);
    return totals;
  }

  void publish(CounterId id, bool unskewed) {
    const std::scoped_lock lock(mutex);
    patterns[id] = unskewed;
  }

  void withdraw(CounterId id) {
    const std::scoped_lock lock(mutex);
    patterns.erase(id);
  }

  // A pattern counter of somebody's, and whether its fields belong together.
  [[nodiscard]] std::optional<std::pair<CounterId, bool>> pattern(std::uint64_t choice) {
    const std::scoped_lock lock(mutex);
    if (patterns.empty()) return std::nullopt;
    return *std::next(patterns.begin(), static_cast<std::ptrdiff_t>(choice % patterns.size()));
  }

  const Device& device;
  const TortureRequest& request;
  std::vector<Cpu> possible;
  std::vector<std::unique_ptr<Shared>> shared;
  std::vector<CounterId> shared_ids;
  std::string replay;
  std::atomic<bool> halted = false;  // by a failure
  std::mutex mutex;                  // of all below
  TortureTotals totals;
  std::vector<TortureFailure> failures;
  std::map<CounterId, bool> patterns;
};

class Worker {
 public:
  Worker(Arena& arena, std::uint32_t index, TortureSequence sequence)
      : arena_(arena), index_(index), sequence_(std::move(sequence)) {}

  // Jobs until told to stop.
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested() && !arena_.halted) {
      const TortureJob job = sequence_.next();
      TortureTotals part;
      try {
        run_job(job, part);
      } catch (const std::exception& error) {
        arena_.fail(name(job) + ": " + error.what());
      }
      arena_.add(part);
    }
  }

  void finish() {
    TortureTotals part;
    for (const auto& [key, own] : own_) {
      arena_.withdraw(own.counter.id);
      ++part.destroys;
    }
    own_.clear();
    arena_.add(part);
  }

 private:
  [[nodiscard]] std::string name(const TortureJob& job) const {
    return "worker " + std::to_string(index_) + ", " + job.describe();
  }

  static Content content_of(const TortureJob& job) {
    if (job.cell.expectation != Expectation::conserved) return Content::findings;
    return job.cell.idiom.is_pattern() ? Content::pattern : Content::sums;
  }

  const Counter& own_counter(const TortureJob& job, TortureTotals& part) {
    const auto key = std::pair(job.storage, content_of(job));
    auto found = own_.find(key);
    if (found != own_.end() && job.recreate) {
      arena_.withdraw(found->second.counter.id);
      own_.erase(found);
      found = own_.end();
      ++part.destroys;
    }
    if (found == own_.end()) {
      const std::string title = "torture-" + std::to_string(index_) + "-" +
                                std::string(to_string(job.storage)) + "-" +
                                std::to_string(static_cast<int>(key.second));
      OwnedCounter owned(arena_.device,
                         {.name = title, .storage = job.storage, .variant = job.variant});
      Counter counter = owned.describe();
      found = own_.emplace(key, Own{std::move(owned), std::move(counter)}).first;
      ++part.creates;
      if (key.second == Content::pattern && job.cell.idiom.is_untorn())
        arena_.publish(found->second.counter.id, found->second.counter.is_unskewed());
    }
    if (job.reset) reset(found->second.counter.id, part);
    return found->second.counter;
  }

  void reset(CounterId counter, TortureTotals& part) const {
    try {
      arena_.device.reset(counter);
      ++part.resets;
    } catch (const Error& error) {
      if (error.error_number() != EBUSY) throw;  // a reader verifies it just now
    }
  }

  // Where the job wants to be, or anywhere if that CPU is offline.
  void place(const TortureJob& job) const {
    try {
      if (job.pinned) {
        pin_this_thread(arena_.possible[job.cpu_index].number);
        return;
      }
    } catch (const Error& error) {
      if (error.error_number() != EINVAL) throw;
    }
    unpin_this_thread();
  }

  // Nothing if another job kept the NMIs of the CPU.
  std::optional<JobResult> hammer(const Job& job) const {
    for (int i = 0; i < busy_attempts; ++i) {
      try {
        return arena_.device.hammer(job);
      } catch (const Error& error) {
        if (error.error_number() != EBUSY) throw;
        std::this_thread::sleep_for(busy_pause);
      }
    }
    return std::nullopt;
  }

  void run_job(const TortureJob& job, TortureTotals& part) {
    place(job);
    Shared* const shared =
        job.counter == TortureCounter::shared ? &arena_.shared_of(job.storage) : nullptr;
    const Counter& counter = shared != nullptr ? shared->counter : own_counter(job, part);
    ContextSet interfering = job.cell.contexts;
    interfering.erase(Context::task);
    const Job request{.counter = counter.id,
                      .idiom = job.cell.idiom.id,
                      .updates = job.updates,
                      .contexts = interfering,
                      .period = job.period,
                      .interruptions = job.interruptions,
                      .finding = job.cell.expectation != Expectation::conserved};
    ++part.jobs;
    if (job.cell.expectation == Expectation::refused)
      expect_refusal(job, request, part);
    else if (shared != nullptr)
      run_shared(job, request, *shared, part);
    else
      run_own(job, request, counter, part);
  }

  void expect_refusal(const TortureJob& job, const Job& request, TortureTotals& part) const {
    try {
      (void)arena_.device.hammer(request);
      arena_.fail(name(job) + ": ran, and must be refused");
    } catch (const Error& error) {
      if (error.error_number() != EOPNOTSUPP) throw;
      ++part.refused;
    }
  }

  void run_shared(const TortureJob& job, const Job& request, Shared& shared,
                  TortureTotals& part) const {
    if (request.finding) shared.spoiled = true;
    const std::optional<JobResult> result = hammer(request);
    if (!result) {
      ++part.busy;
      return;
    }
    shared.issued += result->issued();
    part.findings += request.finding ? 1 : 0;
    note(job, *result, part);
  }

  void run_own(const TortureJob& job, const Job& request, const Counter& counter,
               TortureTotals& part) const {
    const std::array ids{counter.id};
    const Snapshot before = arena_.device.snapshot(ids);
    const std::optional<JobResult> result = hammer(request);
    const Snapshot after = arena_.device.snapshot(ids);
    part.snapshots += 2;
    if (!result) {
      ++part.busy;
      return;
    }
    const Arithmetic arithmetic = arithmetic_of(job.cell.idiom);
    const std::vector<Conservation> fields = conservation_of(
        counter, arithmetic, result->issued(), before.record(counter.id), after.record(counter.id));
    if (request.finding) {
      ++part.findings;
      part.lossy += all_exact(fields) ? 0 : 1;
      // A sequence may be stuck now.
      reset(counter.id, part);
    } else if (!all_exact(fields)) {
      arena_.fail(name(job) + ", on " + counter.name + " from CPU " + std::to_string(result->cpu) +
                  ": " + describe(fields, arithmetic));
    } else if (after.record(counter.id).starved > 0) {
      arena_.fail(name(job) + ", on " + counter.name + ": no consistent reading though at rest");
    }
    note(job, *result, part);
  }

  // Every context that was asked for came, and no other.
  void note(const TortureJob& job, const JobResult& result, TortureTotals& part) const {
    part.tally += result.tally;
    if (result.interrupted || result.cpu_went_down) return;
    for (const Context context : all_contexts) {
      const bool asked = job.cell.contexts.contains(context);
      const std::uint64_t least = context == Context::task ? job.updates : job.interruptions;
      const std::uint64_t had = result.tally[context];
      if (asked ? had < least : had != 0)
        arena_.fail(name(job) + ": " + std::to_string(had) + " updates in " +
                    std::string(to_string(context)) + ", asked for " +
                    std::to_string(asked ? least : 0));
    }
  }

  Arena& arena_;
  std::uint32_t index_;
  TortureSequence sequence_;
  std::map<std::pair<Storage, Content>, Own> own_;
};

// Reads by all ways there are, while everything moves.
class Reader {
 public:
  Reader(Arena& arena, std::uint64_t seed) : arena_(arena), random_(seed) {}

  void run(const std::stop_token& stop) {
    Snapshot snapshot;
    while (!stop.stop_requested() && !arena_.halted) {
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

 private:
  void verify(TortureTotals& part) {
    const auto chosen = arena_.pattern(random_());
    if (!chosen) {
      std::this_thread::sleep_for(look);
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

  void read_debugfs() {
    if (!has_debugfs_) return;
    try {
      (void)debugfs_.values();
    } catch (const Error&) {
      has_debugfs_ = false;  // not mounted: then it is not torture's to read
    }
  }

  Arena& arena_;
  std::mt19937_64 random_;
  Debugfs debugfs_;
  bool has_debugfs_ = true;
};

// All is at rest: every shared counter has gained what all jobs issued.
void check_shared(Arena& arena) {
  const Snapshot snapshot = arena.device.snapshot(arena.shared_ids);
  TortureTotals part;
  for (const auto& shared : arena.shared) {
    const Record& record = snapshot.record(shared->counter.id);
    for (std::size_t i = 0; i < shared->counter.fields.size() && !shared->spoiled; ++i) {
      const std::uint64_t issued = shared->issued * shared->counter.fields[i].weight;
      if (record.sum[i] != issued)
        arena.fail("shared counter " + shared->counter.name + ", all at rest: issued " +
                   std::to_string(issued) + ", counted " + std::to_string(record.sum[i]) +
                   ", lost " + std::to_string(static_cast<std::int64_t>(issued - record.sum[i])) +
                   " (" + shared->counter.fields[i].name + ")");
    }
    ++part.checks;
    arena.device.reset(shared->counter.id);
    shared->issued = 0;
    shared->spoiled = false;
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

std::uint32_t workers_for(const TortureRequest& request, const Info& info) {
  const std::uint32_t free = info.dynamic_counters_max > info.dynamic_counters
                                 ? info.dynamic_counters_max - info.dynamic_counters
                                 : 0;
  // Each has counters of its own, of which there may be so many.
  const std::uint32_t most = std::max(1U, free / own_counters_most);
  return std::min(request.workers != 0 ? request.workers : info.online_cpus * 2, most);
}

}  // namespace

TortureResult torture(const Device& device, const TortureRequest& request) {
  const Clock::time_point start = Clock::now();
  const Info info = device.info();
  const std::vector<Idiom> idioms = device.idioms();
  const std::vector<TortureCell> cells =
      torture_cells(info, idioms, request.idioms, request.contexts);
  Arena arena(device, request);
  for (const CounterId id : arena.shared_ids) device.reset(id);

  TortureResult result{.seed = request.seed, .workers = workers_for(request, info)};
  arena.replay = replay_of(request, result.workers);
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::uint32_t i = 0; i < result.workers; ++i)
    workers.push_back(std::make_unique<Worker>(
        arena, i, TortureSequence(cells, request.seed, i, arena.possible.size())));
  std::vector<std::unique_ptr<Reader>> readers;
  for (std::uint32_t i = 0; i < std::max(1U, info.online_cpus / 2); ++i)
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
