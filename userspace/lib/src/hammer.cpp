// SPDX-License-Identifier: GPL-2.0-only
//
// Slices of jobs on pinned threads, and what they add up to.
#include "percpu_scope/hammer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <stdexcept>

#include "percpu_scope/pinned_threads.hpp"

namespace percpu_scope {
namespace {

using Clock = std::chrono::steady_clock;

// Long enough that entering the kernel costs nothing in comparison, short
// enough that a stop is heeded at once for a person.
constexpr std::chrono::nanoseconds default_slice = std::chrono::milliseconds(50);
constexpr std::uint64_t first_slice = 20'000;

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
    size_ = static_cast<std::uint64_t>(std::clamp(wanted, 1.0, most));
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

void accumulate(JobResult& total, const JobResult& part) {
  total.tally += part.tally;
  total.elapsed += part.elapsed;
  total.cpu = part.cpu;
  total.interrupted = total.interrupted || part.interrupted;
  total.cpu_went_down = total.cpu_went_down || part.cpu_went_down;
}

JobResult hammer_in_slices(const Device& device, const Hammering& hammering,
                           const PinnedThread& thread, const Deadline& deadline,
                           ProgressMeter& meter) {
  Job job{.counter = hammering.counter.id,
          .idiom = hammering.idiom.id,
          .updates = hammering.updates,
          .contexts = hammering.contexts,
          .period = hammering.period,
          .finding = hammering.finding};
  JobResult total{.tally = {}, .cpu = thread.cpu};
  Slicer slicer(hammering.slice);
  std::uint64_t left = hammering.updates;
  do {
    if (hammering.stop.stop_requested() || thread.stop.stop_requested()) {
      total.interrupted = true;
      break;
    }
    if (hammering.slice.count() > 0) job.updates = slicer.next(left);
    const JobResult part = device.hammer(job);
    accumulate(total, part);
    left -= job.updates;
    slicer.took(job.updates, part.elapsed);
    meter.advance(part.tally[Context::task]);
  } while (left > 0 && !total.interrupted && !deadline.passed());
  return total;
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
  result.jobs.resize(hammering.cpus.size());
  ProgressMeter meter(hammering.progress, hammering.updates * hammering.cpus.size());
  const Deadline deadline(hammering.time_limit);
  run_on_cpus(hammering.cpus, [&](const PinnedThread& thread) {
    result.jobs[thread.index] = hammer_in_slices(device, hammering, thread, deadline, meter);
  });

  const Snapshot after = device.snapshot(ids);
  for (const JobResult& job : result.jobs) {
    result.tally += job.tally;
    result.interrupted = result.interrupted || job.interrupted;
    result.cpu_went_down = result.cpu_went_down || job.cpu_went_down;
  }
  result.fields =
      conservation_of(hammering.counter, arithmetic_of(hammering.idiom), result.tally.total(),
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

  const auto write = [&](const PinnedThread& thread) {
    Job job{.counter = check.counter.id, .idiom = check.idiom.id};
    Slicer slicer(default_slice);
    while (!reading_done && !thread.stop.stop_requested()) {
      job.updates = slicer.next(UINT64_MAX);
      const JobResult part = device.hammer(job);
      accumulate(result.writer, part);
      slicer.took(job.updates, part.elapsed);
    }
  };
  const auto read = [&](const PinnedThread& thread) {
    Verify request{.counter = check.counter.id,
                   .cpu = check.writer_cpu,
                   .reads = 0,
                   .retries_max = check.retries_max};
    Slicer slicer(default_slice);
    std::uint64_t left = check.reads;
    while (left > 0 && !result.readings.interrupted && !thread.stop.stop_requested() &&
           !check.stop.stop_requested() && !deadline.passed()) {
      request.reads = slicer.next(left);
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
