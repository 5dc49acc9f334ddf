// SPDX-License-Identifier: GPL-2.0-only
//
// Slices of jobs on pinned threads, and what they add up to.
#include "percpu_scope/prove/hammer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "percpu_scope/prove/pinned_threads.hpp"
#include "percpu_scope/prove/saturated.hpp"

namespace percpu_scope {
namespace {

using Clock = std::chrono::steady_clock;

// How much longer than asked a tear check waits to meet the writer.
constexpr int patience = 10;
// Long enough that entering the kernel costs nothing in comparison, short
// enough that a stop is heeded at once for a person.
constexpr std::chrono::nanoseconds default_slice = std::chrono::milliseconds(50);
// Before anything was measured: an update that waits for another CPU can take
// milliseconds on a busy host.
constexpr std::uint64_t first_slice = 250;

// How much to ask for next, so that one ioctl takes about `aim`.
class Slicer {
 public:
  explicit Slicer(std::chrono::nanoseconds aim) : aim_(aim) {}

  [[nodiscard]] std::uint64_t next(std::uint64_t left) const { return std::min(left, size_); }

  void took(std::uint64_t done, std::chrono::nanoseconds elapsed) {
    if (done == 0 || elapsed.count() <= 0) return;
    const double wanted = static_cast<double>(done) * static_cast<double>(aim_.count()) /
                          static_cast<double>(elapsed.count());
    // One measurement may be off: never leap.
    const double most = static_cast<double>(size_) * 8;
    size_ = saturated(std::clamp(wanted, 1.0, most));
  }

 private:
  std::chrono::nanoseconds aim_;
  std::uint64_t size_ = first_slice;
};

// Adds up what all threads have done; one of them at a time reports it.
class ProgressMeter {
 public:
  ProgressMeter(const Progress& progress, std::uint64_t wanted)
      : progress_(progress), wanted_(wanted) {}

  void advance(std::uint64_t done) {
    const std::uint64_t now = done_.fetch_add(done) + done;
    if (!progress_) return;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock) progress_(now, wanted_);
  }

 private:
  const Progress& progress_;
  std::uint64_t wanted_;
  std::atomic<std::uint64_t> done_ = 0;
  std::mutex mutex_;
};

class Deadline {
 public:
  explicit Deadline(std::chrono::nanoseconds limit) : limit_(limit) {}
  [[nodiscard]] bool passed() const {
    return limit_.count() > 0 && Clock::now() - start_ >= limit_;
  }

 private:
  Clock::time_point start_ = Clock::now();
  std::chrono::nanoseconds limit_;
};

// Interruptions to ask for next: all that are left with the last updates; where
// there are no updates, as many as fit into a slice.
std::uint64_t next_interruptions(const Hammering& hammering, std::uint64_t left, bool last) {
  if (!last || left == 0) return 0;
  if (hammering.updates > 0 || hammering.slice.count() == 0 || hammering.period.count() == 0)
    return left;
  const auto fitting = static_cast<std::uint64_t>(hammering.slice / hammering.period);
  return std::min(left, std::max<std::uint64_t>(fitting, 1));
}

// Interruptions that the context with the fewest still lacks.
std::uint64_t interruptions_left(const Hammering& hammering, const Tally& tally) {
  std::uint64_t left = 0;
  for (const Context context : all_contexts)
    if (hammering.contexts.contains(context) && tally[context] < hammering.interruptions)
      left = std::max(left, hammering.interruptions - tally[context]);
  return left;
}

struct Thread {
  std::uint32_t cpu = 0;  // where it is pinned, if it is
  std::stop_token stop;
};

JobResult hammer_in_slices(const Device& device, const Hammering& hammering, const Thread& thread,
                           const Deadline& deadline, ProgressMeter& meter) {
  Job job{.counter = hammering.counter.id,
          .idiom = hammering.idiom.id,
          .updates = hammering.updates,
          .contexts = hammering.contexts,
          .period = hammering.period,
          .finding = hammering.finding,
          .inject = hammering.inject,
          .bh_off = hammering.bh_off};
  JobResult total{.tally = {}, .cpu = thread.cpu};
  Slicer slicer(hammering.slice);
  std::uint64_t left = hammering.updates;
  do {
    if (hammering.stop.stop_requested() || thread.stop.stop_requested()) {
      total.interrupted = true;
      break;
    }
    if (hammering.slice.count() > 0) job.updates = slicer.next(left);
    job.interruptions = next_interruptions(hammering, interruptions_left(hammering, total.tally),
                                           job.updates == left);
    // The kernel goes on updating until it has the interruptions, but not in a
    // job without updates; nor may this be one by accident.
    if (hammering.updates > 0 && job.updates == 0) job.updates = 1;
    const JobResult part = device.hammer(job);
    total += part;
    left -= std::min(left, job.updates);
    slicer.took(part.tally[Context::task], part.elapsed);
    meter.advance(part.tally[Context::task]);
  } while ((left > 0 || interruptions_left(hammering, total.tally) > 0) && !total.interrupted &&
           !total.cpu_went_down && !deadline.passed());
  return total;
}

// The threads of a job that nothing pins: the scheduler moves them as it likes.
// The scheduler puts them where it likes, among these if any are named.
void run_unpinned(std::uint32_t count, std::span<const std::uint32_t> cpus,
                  const std::function<void(std::size_t, Thread)>& function) {
  std::vector<std::exception_ptr> failures(count);
  std::stop_source stop;
  {
    std::vector<std::jthread> threads;
    threads.reserve(count);
    for (std::size_t index = 0; index < count; ++index)
      threads.emplace_back([&, index] {
        try {
          if (!cpus.empty()) keep_this_thread_on(cpus);
          function(index, {.cpu = 0, .stop = stop.get_token()});
        } catch (...) {
          failures[index] = std::current_exception();
          stop.request_stop();
        }
      });
  }
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

double HammerResult::updates_per_second_per_cpu() const {
  double sum = 0;
  for (const JobResult& job : jobs)
    if (job.elapsed.count() > 0)
      sum += static_cast<double>(job.tally[Context::task]) /
             std::chrono::duration<double>(job.elapsed).count();
  return jobs.empty() ? 0 : sum / static_cast<double>(jobs.size());
}

HammerResult hammer_on_cpus(const Device& device, const Hammering& hammering) {
  const std::array ids{hammering.counter.id};
  const Snapshot before = device.snapshot(ids);

  HammerResult result;
  const std::size_t threads =
      hammering.unpinned_threads != 0 ? hammering.unpinned_threads : hammering.cpus.size();
  result.jobs.resize(threads);
  ProgressMeter meter(hammering.progress, hammering.updates * threads);
  const Deadline deadline(hammering.time_limit);
  const auto run = [&](std::size_t index, const Thread& thread) {
    result.jobs[index] = hammer_in_slices(device, hammering, thread, deadline, meter);
  };
  if (hammering.unpinned_threads != 0)
    run_unpinned(hammering.unpinned_threads, hammering.cpus, run);
  else
    run_on_cpus(hammering.cpus, [&](const PinnedThread& thread) {
      run(thread.index, {.cpu = thread.cpu, .stop = thread.stop});
    });

  const Snapshot after = device.snapshot(ids);
  result.stuck = after.record(hammering.counter.id).starved > 0;
  for (const JobResult& job : result.jobs) {
    result.tally += job.tally;
    result.injected += job.injected;
    result.open_sections += job.open_sections;
    result.interrupted = result.interrupted || job.interrupted;
    result.cpu_went_down = result.cpu_went_down || job.cpu_went_down;
    result.misplaced = result.misplaced || job.misplaced;
  }
  result.fields =
      conservation_of(hammering.counter, arithmetic_of(hammering.idiom), result.issued(),
                      before.record(hammering.counter.id), after.record(hammering.counter.id));
  return result;
}

TearResult check_tearing(const Device& device, const TearCheck& check) {
  if (check.writer_cpu == check.reader_cpu)
    throw std::invalid_argument("a tear check needs a reader and a writer on different CPUs");
  device.reset(check.counter.id);

  TearResult result;
  std::atomic<bool> reading_done = false;
  ProgressMeter meter(check.progress, check.reads);
  const Deadline deadline(check.time_limit);
  const Deadline last(check.time_limit * patience);

  const auto write = [&](const PinnedThread& thread) {
    Job job{.counter = check.counter.id, .idiom = check.idiom.id};
    Slicer slicer(default_slice);
    while (!reading_done && !thread.stop.stop_requested()) {
      job.updates = slicer.next(UINT64_MAX);
      const JobResult part = device.hammer(job);
      result.writer += part;
      slicer.took(job.updates, part.elapsed);
    }
  };
  const auto read = [&](const PinnedThread& thread) {
    Verify request{.counter = check.counter.id,
                   .cpu = check.writer_cpu,
                   .reads = 0,
                   .retries_max = check.retries_max,
                   .fields = check.counter.fields.size()};
    Slicer slicer(default_slice);
    std::uint64_t left = check.reads;
    const auto wants_more = [&] {
      if (left > 0 && !deadline.passed()) return true;
      return result.readings.changed < check.changes &&
             result.readings.done / patience < check.reads && !last.passed();
    };
    while (wants_more() && !result.readings.interrupted && !thread.stop.stop_requested() &&
           !check.stop.stop_requested()) {
      request.reads = slicer.next(left > 0 ? left : check.reads);
      const VerifyResult part = device.verify(request);
      result.readings += part;
      left -= std::min(left, part.done);
      slicer.took(part.done, part.elapsed);
      meter.advance(part.done);
    }
    result.cut_short = left > 0;
    reading_done = true;
  };

  const std::array cpus{check.writer_cpu, check.reader_cpu};
  run_on_cpus(cpus, [&](const PinnedThread& thread) {
    if (thread.index == 0)
      write(thread);
    else
      read(thread);
  });
  return result;
}

}  // namespace percpu_scope
