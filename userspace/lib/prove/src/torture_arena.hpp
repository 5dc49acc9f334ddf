// SPDX-License-Identifier: GPL-2.0-only
//
// What all who take part in torture share: the static counters, and who is at work on each;
// what was found so far; until when.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "percpu_scope/device.hpp"
#include "percpu_scope/prove/torture_requests.hpp"

namespace percpu_scope::torturing {

// A static counter that all workers update.
struct Shared {
  Counter counter;
  std::atomic<std::uint64_t> issued = 0;
  std::mutex mutex;  // of all below
  std::condition_variable changed;
  std::uint64_t jobs = 0;  // at work on it
  bool is_checked = false;
};

// A job on it: begins when no check is under way or waits, lest none ever came to its turn.
class AtWork {
 public:
  explicit AtWork(Shared& shared);
  ~AtWork();
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  Shared& shared_;
};

// A check of it: begins when no job is at work on it. The other counters are worked on.
class AtRest {
 public:
  explicit AtRest(Shared& shared);
  ~AtRest();
  AtRest(const AtRest&) = delete;
  AtRest& operator=(const AtRest&) = delete;

 private:
  Shared& shared_;
};

class Arena {
 public:
  using Clock = std::chrono::steady_clock;

  Arena(const Device& device, const TortureRequest& request);

  // As long as asked, a failure, or a signal.
  [[nodiscard]] bool is_over() const;
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
  const Clock::time_point start = Clock::now();
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

}  // namespace percpu_scope::torturing
