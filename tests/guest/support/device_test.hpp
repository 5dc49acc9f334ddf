// SPDX-License-Identifier: GPL-2.0-only
//
// The fixture of the suites that talk to the device, and the tables it starts
// from. A device that does not open fails the test: nothing is skipped here.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "percpu_scope/prove/all.hpp"
#include "support/support.hpp"

namespace percpu_scope::guest {

// What the module says of itself at one time.
struct Catalogue {
  Info info;
  std::vector<Cpu> cpus;
  std::vector<Counter> counters;
  std::vector<Idiom> idioms;
  std::vector<std::uint32_t> online;  // numbers of the CPUs that this process may run on

  static Catalogue read(const Device& device);

  // std::exception if there is none: these are looked up by tests that need them.
  [[nodiscard]] const Counter& counter(std::string_view name) const;
  [[nodiscard]] const Idiom& idiom(std::string_view name) const;
  // The first static counter of a storage.
  [[nodiscard]] const Counter& static_counter(Storage storage) const;
  // The first idiom of a storage that is neither a control nor writes patterns.
  [[nodiscard]] const Idiom& idiom_for(Storage storage) const;
  [[nodiscard]] const Idiom& pattern_idiom_for(Storage storage) const;
  // Contexts that this kernel can generate, without task.
  [[nodiscard]] std::vector<Context> interfering() const;
  // The place of a CPU in `cpus`, and so in all per-CPU values.
  [[nodiscard]] std::size_t place_of(std::uint32_t cpu) const;
};

class DeviceTest : public ::testing::Test {
 public:
  DeviceTest() : catalogue(Catalogue::read(device)) {}

  void TearDown() override;

  // Sum of a field as the kernel gives it; a whole record.
  [[nodiscard]] std::uint64_t sum(CounterId counter, std::size_t field = 0) const;
  // Of a counter described as it is now, by id; fails the test if it is gone.
  [[nodiscard]] Counter describe(CounterId counter) const;
  [[nodiscard]] bool exists(CounterId counter) const;

  const Device device{Access::read_write};
  const Catalogue catalogue;
  // The most bytes of one dynamic copy: PCPU_MIN_UNIT_SIZE, PFN_ALIGN(32 << 10).
  const std::uint64_t unit_size = std::max<std::uint64_t>(32ULL * 1024, catalogue.info.page_size);

 private:
  const std::vector<std::uint32_t> allowed_ = allowed_cpus();
};

// A dynamic counter for one test. It may be destroyed earlier.
class TemporaryCounter {
 public:
  TemporaryCounter(const Device& device, const Create& request)
      : device_(device), id_(device.create(request)) {}
  TemporaryCounter(const TemporaryCounter&) = delete;
  TemporaryCounter& operator=(const TemporaryCounter&) = delete;
  TemporaryCounter(TemporaryCounter&&) = delete;
  TemporaryCounter& operator=(TemporaryCounter&&) = delete;
  ~TemporaryCounter();

  [[nodiscard]] CounterId id() const { return id_; }

 private:
  const Device& device_;
  CounterId id_;
};

// Run a job on one CPU, pinned for its time.
JobResult hammer_on(const Device& device, std::uint32_t cpu, const Job& job);

// A job in a thread of its own, to see what happens meanwhile.
class BackgroundJob {
 public:
  BackgroundJob(const Device& device, std::uint32_t cpu, const Job& job);
  BackgroundJob(const BackgroundJob&) = delete;
  BackgroundJob& operator=(const BackgroundJob&) = delete;
  BackgroundJob(BackgroundJob&&) = delete;
  BackgroundJob& operator=(BackgroundJob&&) = delete;
  // Interrupts it.
  ~BackgroundJob();

  // True once the counter has moved; false if it does not within seconds.
  [[nodiscard]] bool counts() const;
  // To another CPU, in the middle of it.
  void move_to(std::uint32_t cpu);
  // Sends a handled signal until the job has ended.
  void interrupt();
  // Waits for its end.
  JobResult result();

 private:
  const Device& device_;
  CounterId counter_;
  std::uint64_t start_;
  SignalledThread thread_;
  JobResult result_;
};

}  // namespace percpu_scope::guest
