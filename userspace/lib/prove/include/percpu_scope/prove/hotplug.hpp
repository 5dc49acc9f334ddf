// SPDX-License-Identifier: GPL-2.0-only
//
// CPUs off and on line, through sysfs; whoever takes one down brings it back.
// Knows of CPUs only, nothing of devices or counters.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace percpu_scope {

inline constexpr const char* default_cpus_path = "/sys/devices/system/cpu";

// The CPUs that can be taken offline and are online now, ascending, out of the kernel's own
// list: numbers may have gaps. The boot CPU of x86 is not among them: it has no file. Source:
// drivers/base/cpu.c, and kernel/cpu.c for what happens; areas survive (mm/percpu.c knows possible
// CPUs alone).
std::vector<std::uint32_t> offlinable_cpus(const std::string& path = default_cpus_path);

// Error hotplug: ENOENT no such file, EBUSY something keeps the CPU.
void set_online(std::uint32_t cpu, bool online, const std::string& path = default_cpus_path);

// A CPU that is offline while this lives.
class OfflineCpu {
 public:
  explicit OfflineCpu(std::uint32_t cpu, std::string path = default_cpus_path);
  OfflineCpu(const OfflineCpu&) = delete;
  OfflineCpu& operator=(const OfflineCpu&) = delete;
  OfflineCpu(OfflineCpu&&) = delete;
  OfflineCpu& operator=(OfflineCpu&&) = delete;
  ~OfflineCpu();

  // Bring it back now, and learn of a failure; the destructor cannot tell.
  void bring_back();

 private:
  std::uint32_t cpu_;
  std::string path_;
  bool offline_ = true;
};

// Takes one of `cpus` after the other off and on line, in a thread of its own,
// until destroyed. At the end all are online.
class HotplugStorm {
 public:
  HotplugStorm(std::vector<std::uint32_t> cpus, std::uint64_t seed,
               std::string path = default_cpus_path);
  HotplugStorm(const HotplugStorm&) = delete;
  HotplugStorm& operator=(const HotplugStorm&) = delete;
  HotplugStorm(HotplugStorm&&) = delete;
  HotplugStorm& operator=(HotplugStorm&&) = delete;
  ~HotplugStorm() = default;

  // Times that a CPU went down and came back.
  [[nodiscard]] std::uint64_t cycles() const { return cycles_; }
  // Ends the storm and rethrows what ended it before, if something did.
  void stop();

 private:
  void run(const std::stop_token& stop, std::uint64_t seed);

  std::vector<std::uint32_t> cpus_;
  std::string path_;
  std::atomic<std::uint64_t> cycles_ = 0;
  std::exception_ptr failure_;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace percpu_scope
