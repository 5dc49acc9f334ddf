// SPDX-License-Identifier: GPL-2.0-only
//
// Those who do the work in torture: workers, which run jobs and check each. Who looks on
// meanwhile is in torture_readers.hpp, when they run is for torture.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "percpu_scope/call_counter.hpp"
#include "percpu_scope/prove/torture_jobs.hpp"
#include "percpu_scope/prove/torture_requests.hpp"
#include "torture_arena.hpp"

namespace percpu_scope::torturing {

class Worker {
 public:
  // Of those it has had: enough to go back to some.
  static constexpr std::uint64_t own_counters_most = 4;

  // It keeps no more than so many counters of its own.
  Worker(Arena& arena, std::uint32_t index, std::uint64_t own_counters, TortureSequence sequence)
      : arena_(arena), index_(index), own_counters_(own_counters), sequence_(std::move(sequence)) {}

  // Jobs until it is over.
  void run();
  // Gives its counters up.
  void finish();

 private:
  // What an own counter holds.
  enum class Content { sums, pattern, findings };
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
  std::uint64_t own_counters_;
  TortureSequence sequence_;
  std::map<std::pair<Storage, Content>, Own> own_;
  std::uint64_t created_ = 0;
};

}  // namespace percpu_scope::torturing
