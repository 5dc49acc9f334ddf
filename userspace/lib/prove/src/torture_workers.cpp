// SPDX-License-Identifier: GPL-2.0-only
//
// One job of a worker, from its counter to its check.
#include "torture_workers.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "percpu_scope/error.hpp"
#include "percpu_scope/prove/pinned_threads.hpp"

namespace percpu_scope::torturing {
namespace {

// Another worker's NMIs on the CPU last tens of milliseconds.
constexpr int busy_attempts = 50;
constexpr std::chrono::milliseconds busy_pause{2};

}  // namespace

void Worker::run() {
  while (!arena_.is_over()) {
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
    if (own_.size() >= own_counters_) give_up_oldest(part);
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
                    .finding = job.cell.expectation != Expectation::conserved,
                    .bh_off = job.cell.bh_off};
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
  const AtWork at_work(shared);
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

}  // namespace percpu_scope::torturing
