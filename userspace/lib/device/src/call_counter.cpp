// SPDX-License-Identifier: GPL-2.0-only
//
// Lifetimes of dynamic counters and of probes.
#include "percpu_scope/call_counter.hpp"

#include <utility>

#include "percpu_scope/error.hpp"

namespace percpu_scope {

OwnedCounter::OwnedCounter(const Device& device, Create request)
    : device_(&device), id_([&] {
        request.temporary = true;
        return device.create(request);
      }()) {}

OwnedCounter::OwnedCounter(OwnedCounter&& other) noexcept
    : device_(std::exchange(other.device_, nullptr)), id_(other.id_) {}

OwnedCounter::~OwnedCounter() {
  if (device_ == nullptr) return;
  try {
    device_->destroy(id_);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): it is gone already
  }
}

Counter OwnedCounter::describe() const {
  for (Counter& counter : device_->counters())
    if (counter.id == id_) return std::move(counter);
  throw MalformedError("a counter that was just created is not listed");
}

CallCounter::CallCounter(const Device& device, const std::string& name, std::string_view function)
    : device_(&device),
      counter_(device, {.name = name, .storage = Storage::u64, .variant = Variant::alloc_percpu}) {
  device.count_calls(counter_.id(), function);
  counting_ = true;
}

CallCounter::~CallCounter() {
  try {
    (void)stop();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): closing the device stops it
  }
}

std::uint64_t CallCounter::stop() {
  if (!std::exchange(counting_, false)) return 0;
  return device_->stop_calls(counter_.id());
}

}  // namespace percpu_scope
