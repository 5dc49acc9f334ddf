// SPDX-License-Identifier: GPL-2.0-only
//
// One job of a worker, from its counter to its check; one look of a reader.
#include "torture_workers.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <thread>

#include "percpu_scope/error.hpp"
#include "percpu_scope/prove/pinned_threads.hpp"

namespace percpu_scope::torturing {
namespace {

constexpr std::chrono::milliseconds idle{100};
// Another worker's NMIs on the CPU last tens of milliseconds.
constexpr int busy_attempts = 50;
constexpr std::chrono::milliseconds busy_pause{2};
constexpr std::uint64_t reads_at_once = 20'000;
constexpr std::uint32_t retries_max = 1000;

}  // namespace

Arena::Arena(const Device& device, const TortureRequest& request)
    : device(device), request(request), possible(device.cpus()), allowed(allowed_cpus()) {
  std::set<Storage> seen;
  for (Counter& counter : device.counters())
    if (counter.origin == Origin::static_ && seen.insert(counter.storage).second) {
      shared_ids.push_back(counter.id);
      auto one = std::make_unique<Shared>();
      one->counter = std::move(counter);
      shared.push_back(std::move(one));
    }
}

Shared* Arena::shared_of(const Storage& storage) const {
  for (const auto& one : shared)
    if (one->counter.storage == storage) return one.get();
  return nullptr;
}

void Arena::fail(std::string message) {
  const std::scoped_lock lock(mutex);
  failures.push_back({.message = std::move(message), .replay = replay});
  if (!request.keep_going) halted = true;
}

void Arena::add(const TortureTotals& part) {
  const std::scoped_lock lock(mutex);
  totals += part;
}

TortureTotals Arena::now() {
  const std::scoped_lock lock(mutex);
  return totals;
}

void Arena::publish(CounterId id, bool unskewed) {
  const std::scoped_lock lock(mutex);
  patterns[id] = unskewed;
}

void Arena::withdraw(CounterId id) {
  const std::scoped_lock lock(mutex);
  patterns.erase(id);
}

std::optional<std::pair<CounterId, bool>> Arena::pattern(std::uint64_t choice) {
  const std::scoped_lock lock(mutex);
  if (patterns.empty()) return std::nullopt;
  return *std::next(patterns.begin(), static_cast<std::ptrdiff_t>(choice % patterns.size()));
}

void Worker::run(const std::stop_token& stop) {
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

void Worker::finish() {
  TortureTotals part;
  for (const auto& [key, own] : own_) {
    arena_.withdraw(own.counter.id);
    ++part.destroys;
  }
  own_.clear();
  arena_.add(part);
}

std::string Worker::name(const TortureJob& job) const {
  return "worker " + std::to_string(index_) + ", " + job.describe();
}

Worker::Content Worker::content_of(const TortureJob& job) {
  if (job.cell.expectation != Expectation::conserved) return Content::findings;
  return job.cell.idiom.is_pattern() ? Content::pattern : Content::sums;
}

Worker::Most Worker::own_counters_most(std::span<const Kind> kinds) {
  std::uint64_t largest = 0;
  for (const Kind& kind : kinds)
    if (kind.is_dynamic()) largest = std::max(largest, kind.size);
  return {.counters = own_counters_kept, .bytes = own_counters_kept * largest};
}

const Counter& Worker::own_counter(const TortureJob& job, TortureTotals& part) {
  const auto key = std::pair(job.cell.idiom.storage, content_of(job));
  auto found = own_.find(key);
  if (found != own_.end() && job.recreate) {
    arena_.withdraw(found->second.counter.id);
    own_.erase(found);
    found = own_.end();
    ++part.destroys;
  }
  if (found == own_.end()) {
    if (own_.size() >= own_counters_kept) give_up_oldest(part);
    const std::string title =
        "torture-" + std::to_string(index_) + "-" + std::to_string(created_++);
    OwnedCounter owned(arena_.device,
                       {.name = title, .storage = key.first, .variant = job.variant});
    Counter counter = owned.describe();
    found = own_.emplace(key, Own{std::move(owned), std::move(counter)}).first;
    ++part.creates;
    if (key.second == Content::pattern && job.cell.idiom.is_untorn())
      arena_.publish(found->second.counter.id, found->second.counter.is_unskewed());
  }
  found->second.used_last = job.number;
  if (job.reset) reset(found->second.counter.id, part);
  return found->second.counter;
}

// The one that was not used for longest: there is a most of counters, and many workers.
void Worker::give_up_oldest(TortureTotals& part) {
  const auto oldest = std::min_element(own_.begin(), own_.end(), [](const auto& a, const auto& b) {
    return a.second.used_last < b.second.used_last;
  });
  arena_.withdraw(oldest->second.counter.id);
  own_.erase(oldest);
  ++part.destroys;
}

void Worker::reset(CounterId counter, TortureTotals& part) const {
  try {
    arena_.device.reset(counter);
    ++part.resets;
  } catch (const Error& error) {
    if (error.error_number() != EBUSY) throw;  // a reader verifies it just now
  }
}

void Worker::place(const TortureJob& job) const {
  const std::vector<std::uint32_t>& allowed = arena_.allowed;
  const std::uint32_t cpu = arena_.possible[job.cpu_index].number;
  try {
    if (job.pinned && std::binary_search(allowed.begin(), allowed.end(), cpu))
      return pin_this_thread(cpu);
  } catch (const Error& error) {
    if (error.error_number() != EINVAL) throw;
  }
  try {
    keep_this_thread_on(allowed);
  } catch (const Error& error) {
    // All of these are offline just now: where the kernel puts who has no CPU left.
    if (error.error_number() != EINVAL) throw;
    unpin_this_thread();
  }
}

std::optional<JobResult> Worker::hammer(const Job& job) const {
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

void Worker::run_job(const TortureJob& job, TortureTotals& part) {
  place(job);
  // Where no static counter has the storage, an own one will do.
  Shared* const shared =
      job.counter == TortureCounter::shared ? arena_.shared_of(job.cell.idiom.storage) : nullptr;
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

void Worker::expect_refusal(const TortureJob& job, const Job& request, TortureTotals& part) const {
  try {
    (void)arena_.device.hammer(request);
    arena_.fail(name(job) + ": ran, and must be refused");
  } catch (const Error& error) {
    if (error.error_number() != EOPNOTSUPP) throw;
    ++part.refused;
  }
}

void Worker::run_shared(const TortureJob& job, const Job& request, Shared& shared,
                        TortureTotals& part) const {
  const std::optional<JobResult> result = hammer(request);
  if (!result) {
    ++part.busy;
    return;
  }
  shared.issued += result->issued();
  note(job, *result, part);
}

void Worker::run_own(const TortureJob& job, const Job& request, const Counter& counter,
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

void Worker::note(const TortureJob& job, const JobResult& result, TortureTotals& part) const {
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

void Reader::run(const std::stop_token& stop) {
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

}  // namespace percpu_scope::torturing
