// SPDX-License-Identifier: GPL-2.0-only
//
// Those who do the work in torture: workers, which run jobs and check each, and
// readers, which look on meanwhile. When they run is for torture.cpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "percpu_scope/call_counter.hpp"
#include "percpu_scope/debugfs.hpp"
#include "percpu_scope/prove/torture_jobs.hpp"
#include "percpu_scope/prove/torture_requests.hpp"

namespace percpu_scope::torturing {

// A static counter that all workers update.
struct Shared {
  Counter counter;
  std::atomic<std::uint64_t> issued = 0;
};

// What workers and readers share.
class Arena {
 public:
  Arena(const Device& device, const TortureRequest& request);

  // Null if no static counter has this storage.
  [[nodiscard]] Shared* shared_of(const Storage& storage) const;
  void fail(std::string message);
  void add(const TortureTotals& part);
  [[nodiscard]] TortureTotals now();

  // Pattern counters of workers, for the readers; their fields belong together or not.
  void publish(CounterId id, bool unskewed);
  void withdraw(CounterId id);
  // One of them, if there is any.
  [[nodiscard]] std::optional<std::pair<CounterId, bool>> pattern(std::uint64_t choice);

  const Device& device;
  const TortureRequest& request;
  std::vector<Cpu> possible;
  std::vector<std::uint32_t> allowed;  // to this process
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
  // The most counters of its own that a worker has, and the bytes of a copy of each.
  struct Most {
    std::uint64_t counters = 0;
    std::uint64_t bytes = 0;
  };
  static Most own_counters_most(std::span<const Kind> kinds);

  Worker(Arena& arena, std::uint32_t index, TortureSequence sequence)
      : arena_(arena), index_(index), sequence_(std::move(sequence)) {}

  // Jobs until told to stop.
  void run(const std::stop_token& stop);
  // Gives its counters up.
  void finish();

 private:
  // What an own counter holds.
  enum class Content { sums, pattern, findings };
  // Of those it has had: enough to go back to some.
  static constexpr std::size_t own_counters_kept = 4;

  struct Own {
    OwnedCounter owned;
    Counter counter;
    std::uint64_t used_last = 0;  // the number of the job
  };

  static Content content_of(const TortureJob& job);
  [[nodiscard]] std::string name(const TortureJob& job) const;
  const Counter& own_counter(const TortureJob& job, TortureTotals& part);
  void give_up_oldest(TortureTotals& part);
  void reset(CounterId counter, TortureTotals& part) const;
  // Where the job wants to be, or anywhere if that CPU is offline or not for this process.
  void place(const TortureJob& job) const;
  // Nothing if another job kept the NMIs of the CPU.
  [[nodiscard]] std::optional<JobResult> hammer(const Job& job) const;
  void run_job(const TortureJob& job, TortureTotals& part);
  void expect_refusal(const TortureJob& job, const Job& request, TortureTotals& part) const;
  void run_shared(const TortureJob& job, const Job& request, Shared& shared,
                  TortureTotals& part) const;
  void run_own(const TortureJob& job, const Job& request, const Counter& counter,
               TortureTotals& part) const;
  // Every context that was asked for came, and no other.
  void note(const TortureJob& job, const JobResult& result, TortureTotals& part) const;

  Arena& arena_;
  std::uint32_t index_;
  TortureSequence sequence_;
  std::map<std::pair<Storage, Content>, Own> own_;
  std::uint64_t created_ = 0;
};

// Reads by all ways there are, while everything moves.
class Reader {
 public:
  Reader(Arena& arena, std::uint64_t seed) : arena_(arena), random_(seed) {}

  // Readings until told to stop.
  void run(const std::stop_token& stop);

 private:
  void verify(TortureTotals& part);
  void read_debugfs();

  Arena& arena_;
  std::mt19937_64 random_;
  Debugfs debugfs_;
  bool has_debugfs_ = true;
};

}  // namespace percpu_scope::torturing
