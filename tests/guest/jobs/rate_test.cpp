// SPDX-License-Identifier: GPL-2.0-only
//
// Rate: how fast this kernel counts and is read, as numbers in the report. A
// wall clock under emulation proves nothing, so no rate fails a test.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

class Rate : public DeviceTest {
 public:
  static void report(const std::string& what, double per_second, const std::string& unit) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.1f M ", per_second / 1e6);
    RecordProperty(what, text.data() + unit);
  }

  void measure(Storage storage, const std::string& idiom) const {
    const Counter& counter = catalogue.static_counter(storage);
    device.reset(counter.id);
    const HammerResult result = hammer_on_cpus(device, {.counter = counter,
                                                        .idiom = catalogue.idiom(idiom),
                                                        .cpus = catalogue.online,
                                                        .updates = 5'000'000});
    EXPECT_TRUE(result.exact()) << idiom;
    EXPECT_GT(result.updates_per_second_per_cpu(), 0.0);
    report(idiom, result.updates_per_second_per_cpu(),
           "updates/s on each of " + std::to_string(catalogue.online.size()) + " CPUs");
  }
};

TEST_F(Rate, Updates) {
  measure(Storage::u64, "this_cpu_inc");
  measure(Storage::u64_stats, "u64_stats_inc");
  measure(Storage::atomic64, "atomic64_inc");
}

TEST_F(Rate, VerifyingReader) {
  const Counter& counter = catalogue.static_counter(Storage::u64_stats);
  device.reset(counter.id);
  const VerifyResult result = device.verify({.counter = counter.id,
                                             .cpu = catalogue.online.front(),
                                             .reads = 5'000'000,
                                             .retries_max = 10});
  EXPECT_EQ(result.done, 5'000'000U);
  ASSERT_GT(result.elapsed.count(), 0);
  report("verifying_reader",
         static_cast<double>(result.done) / std::chrono::duration<double>(result.elapsed).count(),
         "snapshots/s");
}

TEST_F(Rate, SnapshotCalls) {
  std::vector<CounterId> ids;
  for (const Counter& counter : catalogue.counters) ids.push_back(counter.id);
  Snapshot snapshot;
  constexpr int calls = 5000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) device.snapshot(ids, snapshot);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(snapshot.records().size(), ids.size());
  report("snapshot_ioctl", calls * static_cast<double>(ids.size()) / elapsed.count(),
         "counters/s, " + std::to_string(ids.size()) + " in a call");
}

}  // namespace
}  // namespace percpu_scope::guest
