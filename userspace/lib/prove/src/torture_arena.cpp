// SPDX-License-Identifier: GPL-2.0-only
#include "torture_arena.hpp"

#include <iterator>
#include <set>

#include "percpu_scope/prove/pinned_threads.hpp"

namespace percpu_scope::torturing {

AtWork::AtWork(Shared& shared) : shared_(shared) {
  std::unique_lock lock(shared.mutex);
  shared.changed.wait(lock, [&shared] { return !shared.is_checked; });
  ++shared.jobs;
}

AtWork::~AtWork() {
  const std::scoped_lock lock(shared_.mutex);
  --shared_.jobs;
  shared_.changed.notify_all();
}

AtRest::AtRest(Shared& shared) : shared_(shared) {
  std::unique_lock lock(shared.mutex);
  shared.is_checked = true;
  shared.changed.wait(lock, [&shared] { return shared.jobs == 0; });
}

AtRest::~AtRest() {
  const std::scoped_lock lock(shared_.mutex);
  shared_.is_checked = false;
  shared_.changed.notify_all();
}

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

bool Arena::is_over() const {
  return halted || request.stop.stop_requested() || Clock::now() - start >= request.duration;
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

}  // namespace percpu_scope::torturing
