// SPDX-License-Identifier: GPL-2.0-only
//
// /dev/percpu_scope: every ioctl of kmod/uapi/percpu_scope.h as a typed call.
// Failures are Error with the operation and errno; nothing is printed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "percpu_scope/channel.hpp"
#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/file_descriptor.hpp"
#include "percpu_scope/requests.hpp"
#include "percpu_scope/snapshot.hpp"
#include "percpu_scope/vocabulary.hpp"

namespace percpu_scope {

// Reading needs nothing more; hammering, creating, destroying and resetting
// are refused with EBADF on a read-only descriptor.
enum class Access { read_only, read_write };

inline constexpr const char* default_device_path = "/dev/" PERCPU_SCOPE_DEVICE_NAME;

// Safe to share between threads: it has no state but the descriptor and the module's words,
// which stay what they are. Others keep its address, so that it stays where it was made.
class Device {
 public:
  // Error open_device: ENOENT without the module, EACCES without permission.
  // OtherVersionError: what answers there is no module of this ABI.
  explicit Device(Access access, const std::string& path = default_device_path);
  // One that others answer for.
  explicit Device(Channel::Answers answers);
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  Device(Device&&) = delete;
  Device& operator=(Device&&) = delete;
  ~Device() = default;

  [[nodiscard]] Info info() const;
  // Every possible CPU, in the order of all per-CPU values.
  [[nodiscard]] std::vector<Cpu> cpus(Addresses addresses = Addresses::relative) const;
  [[nodiscard]] std::vector<Counter> counters(Addresses addresses = Addresses::relative) const;
  // As the module promises for this kernel.
  [[nodiscard]] std::vector<Idiom> idioms() const;
  // The module's words, each in its order: they were read when it was opened.
  [[nodiscard]] std::span<const Kind> kinds() const { return vocabulary_.kinds(); }
  [[nodiscard]] std::span<const VariantDescription> variants() const {
    return vocabulary_.variants();
  }
  [[nodiscard]] std::span<const ContextDescription> contexts() const {
    return vocabulary_.contexts();
  }
  // One per possible CPU; none for storage that has no copies.
  [[nodiscard]] std::vector<Copy> copies(CounterId counter,
                                         Addresses addresses = Addresses::relative) const;

  // Any counters in one call, in the order of `ids`; ENOENT if one is gone.
  // Each copy is read once, its fields together; there is no consistency
  // between CPUs or counters.
  [[nodiscard]] Snapshot snapshot(std::span<const CounterId> ids) const;
  // The same into an existing one: allocates nothing if the shape did not grow.
  void snapshot(std::span<const CounterId> ids, Snapshot& into) const;

  // Run on the calling thread's CPU until done, or until a fatal signal.
  [[nodiscard]] JobResult hammer(const Job& job) const;
  [[nodiscard]] VerifyResult verify(const Verify& request) const;
  // UnknownNameError: the module has no such storage, or no such variant.
  [[nodiscard]] CounterId create(const Create& request) const;
  void destroy(CounterId counter) const;
  // As if `start` updates had been made to every copy, by idioms that write patterns or not.
  void reset(CounterId counter, std::uint64_t start = 0, bool pattern = false) const;

  // Count the calls of a kernel function, on the CPU that calls, until stopped or until the device
  // is closed. Error ENOENT: no such function; EINVAL: it cannot be probed; EBUSY: the counter
  // counts already.
  void count_calls(CounterId counter, std::string_view function) const;
  // How many calls came while a probe was at work and are not in the counter.
  std::uint64_t stop_calls(CounterId counter) const;

  // For requests that this class does not wrap.
  [[nodiscard]] const FileDescriptor& descriptor() const { return channel_.descriptor(); }

 private:
  Channel channel_;
  std::string path_;
  Vocabulary vocabulary_;
};

}  // namespace percpu_scope
