// SPDX-License-Identifier: GPL-2.0-only
//
// ReadersSyncp: u64_stats read many times on one CPU while another writes. With its syncp
// none is torn, and without it some are, every time, where the kernel can show it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::uint32_t syncp_retries_most = 1000;
// 32-bit: as many as it takes to trust a zero where tears are one in thousands.
constexpr std::uint64_t many_reads = 100'000'000;
constexpr std::uint64_t few_reads = 10'000'000;
constexpr std::chrono::seconds many_reads_limit{240};
// How often the writer must have been met. Where the host has a core less than
// the guest, both sides take turns, and most readings are the same.
constexpr std::uint64_t many_changes = 10'000;
constexpr std::uint64_t few_changes = 500;
// Or so many that did, which says more: on 32-bit ARM every second one does, and only
// one try of twenty comes to an end.
constexpr std::uint64_t plenty_changes = 5'000'000;
constexpr std::uint64_t reads_between_looks = 1'000'000;
constexpr int control_rounds = 3;
constexpr std::uint64_t control_reads_most = 50'000'000;

class ReadersSyncp : public DeviceTest {
 public:
  void SetUp() override {
    if (catalogue.online.size() < 2) GTEST_SKIP() << "a reader and a writer need two online CPUs";
  }
  void TearDown() override {
    device.reset(stats.id);
    DeviceTest::TearDown();
  }

  [[nodiscard]] TearResult read(const std::string& idiom, std::uint64_t reads,
                                std::chrono::nanoseconds limit) const {
    return check_tearing(device, {.counter = stats,
                                  .idiom = catalogue.idiom(idiom),
                                  .writer_cpu = catalogue.online[0],
                                  .reader_cpu = catalogue.online[1],
                                  .reads = reads,
                                  .retries_max = syncp_retries_most,
                                  .time_limit = limit});
  }
  [[nodiscard]] std::string text(const std::string& idiom, const VerifyResult& result) const {
    const double seconds = std::chrono::duration<double>(result.elapsed).count();
    return idiom + " on stats in task on CPU " + std::to_string(catalogue.online[0]) +
           ", read on CPU " + std::to_string(catalogue.online[1]) + ": " +
           std::to_string(result.done) + " readings in " + std::to_string(seconds) + " s, " +
           std::to_string(result.changed) + " changed, " + std::to_string(result.retries) +
           " retries, " + std::to_string(result.starved) + " starved, " +
           std::to_string(result.torn) + " torn";
  }

  const Counter& stats = catalogue.static_counter(Storage::u64_stats);
  const bool narrow = catalogue.info.bits_per_long == 32;
};

TEST_F(ReadersSyncp, WithItNoneOfManyIsTorn) {
  const std::uint64_t wanted = narrow ? many_reads : few_reads;
  const std::uint64_t changes = narrow ? many_changes : few_changes;
  VerifyResult total;
  // Starved readings were not checked: they do not count.
  const auto end = std::chrono::steady_clock::now() + many_reads_limit;
  const auto enough = [&] {
    return (total.done - total.starved >= wanted && total.changed >= changes) ||
           total.changed >= plenty_changes;
  };
  while (!enough() && std::chrono::steady_clock::now() < end) {
    total +=
        read("u64_stats_set", reads_between_looks, end - std::chrono::steady_clock::now()).readings;
    // Longer than a guest may be silent, where each reading takes a hundred tries.
    std::printf("# %llu readings\n", static_cast<unsigned long long>(total.done));
    std::fflush(stdout);
  }
  const std::string what = text("u64_stats_set", total);
  RecordProperty("readings", what);
  EXPECT_TRUE(enough()) << "INCONCLUSIVE: not in time, or the writer was hardly met: " << what;
  EXPECT_EQ(total.torn, 0U) << what;
  EXPECT_EQ(total.backward, 0U) << what;
  if (stats.is_unskewed()) {
    EXPECT_EQ(total.skewed, 0U) << what;
  }
}

TEST_F(ReadersSyncp, WithoutItSomeAreTornEveryTime) {
  for (int round = 0; round < control_rounds; ++round) {
    VerifyResult total;
    std::uint64_t reads = 500'000;
    do {
      total += read("control_no_syncp", reads, std::chrono::seconds(60)).readings;
      reads *= 2;
    } while (narrow && total.torn == 0 && total.done < control_reads_most);
    const std::string what = text("control_no_syncp", total);
    RecordProperty("round" + std::to_string(round + 1), what);
    if (narrow) {
      ASSERT_GT(total.torn, 0U) << "INCONCLUSIVE: " << what;
      EXPECT_TRUE(std::any_of(total.torn_example.begin(), total.torn_example.end(), is_torn));
    } else {
      EXPECT_EQ(total.torn, 0U) << "one store writes a whole u64: " << what;
    }
  }
}

}  // namespace
}  // namespace percpu_scope::guest
