// SPDX-License-Identifier: GPL-2.0-only
//
// Tear: readers on one CPU while a writer on another changes what they read.
// Correct idioms are never torn; the control must be, where the kernel can
// show it, or the whole suite has proven nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::uint64_t reads = 200'000;
constexpr std::chrono::seconds time_limit{20};
// Tearing was seen in 0.03-2 % of readings: so many more is not bad luck.
constexpr std::uint64_t most_reads = 20'000'000;

class Tear : public DeviceTest {
 public:
  void SetUp() override {
    if (catalogue.online.size() < 2) GTEST_SKIP() << "a reader and a writer need two online CPUs";
  }

  [[nodiscard]] TearCheck check_of(const Counter& counter, const Idiom& idiom) const {
    return {.counter = counter,
            .idiom = idiom,
            .writer_cpu = catalogue.online[0],
            .reader_cpu = catalogue.online[1],
            .reads = reads,
            .time_limit = time_limit};
  }

  static void report(const VerifyResult& readings) {
    RecordProperty("reads", std::to_string(readings.done));
    RecordProperty("retries", std::to_string(readings.retries));
    RecordProperty("starved", std::to_string(readings.starved));
    RecordProperty("torn", std::to_string(readings.torn));
    RecordProperty("skewed", std::to_string(readings.skewed));
    RecordProperty("changed", std::to_string(readings.changed));
  }

  // Reads on and on until the writer was seen often enough, within bounds.
  [[nodiscard]] VerifyResult read_meanwhile(TearCheck check) const {
    VerifyResult total;
    // A reader can be done before its writer's CPU is run at all: then once more.
    std::uint64_t written = 0;
    const auto end = std::chrono::steady_clock::now() + time_limit;
    while (total.changed < enough_changes && total.done < most_reads &&
           std::chrono::steady_clock::now() < end) {
      const TearResult result = check_tearing(device, check);
      EXPECT_FALSE(result.cut_short);
      EXPECT_EQ(result.readings.done, check.reads);
      written += result.writer.tally.total();
      total += result.readings;
      check.reads *= 2;
    }
    report(total);
    EXPECT_GT(written, 0U);
    EXPECT_GE(total.changed, enough_changes)
        << "INCONCLUSIVE: too few of the readings met the writer at work";
    EXPECT_LT(total.starved, total.done) << "INCONCLUSIVE: no reading came to an end";
    return total;
  }

  // What any correct pattern idiom must show.
  void expect_whole(const TearCheck& check) const {
    const VerifyResult readings = read_meanwhile(check);
    EXPECT_EQ(readings.torn, 0U);
    EXPECT_EQ(readings.backward, 0U);
    if (check.counter.is_unskewed()) {
      EXPECT_EQ(readings.skewed, 0U);
    }
  }

  const Counter& stats_counter = catalogue.static_counter(Storage::u64_stats);
  const Counter& seqcount_counter = catalogue.static_counter(Storage::seqcount);
};

TEST_F(Tear, U64StatsIsWhole) {
  expect_whole(check_of(stats_counter, catalogue.pattern_idiom_for(Storage::u64_stats)));
  // Without a seqcount there is nothing to wait for.
  if (!catalogue.info.has(PERCPU_SCOPE_FEATURE_SYNCP)) {
    EXPECT_FALSE(stats_counter.is_unskewed());
  }
}

TEST_F(Tear, U64StatsIsWholeTheOtherWayRound) {
  TearCheck check = check_of(stats_counter, catalogue.pattern_idiom_for(Storage::u64_stats));
  std::swap(check.reader_cpu, check.writer_cpu);
  expect_whole(check);
}

TEST_F(Tear, SeqcountGroupIsWholeAndUnskewed) {
  ASSERT_TRUE(seqcount_counter.is_unskewed());
  expect_whole(check_of(seqcount_counter, catalogue.pattern_idiom_for(Storage::seqcount)));
}

TEST_F(Tear, DynamicCountersAreWhole) {
  for (const Storage storage : {Storage::local64, Storage::u64_stats, Storage::seqcount}) {
    const TemporaryCounter counter(device, {.name = "tear", .storage = storage});
    const Idiom& idiom = catalogue.pattern_idiom_for(storage);
    const TearCheck check = check_of(describe(counter.id()), idiom);
    if (idiom.is_untorn())
      expect_whole(check);
    else
      (void)read_meanwhile(check);
  }
}

// The promise rests on the machine where no seqcount is around the word.
TEST_F(Tear, LocalWordsArePromisedWhole) {
  EXPECT_TRUE(catalogue.pattern_idiom_for(Storage::local64).is_untorn());
}

TEST_F(Tear, ControlIsCaughtWhereItCanBe) {
  ASSERT_TRUE(catalogue.info.has(PERCPU_SCOPE_FEATURE_CONTROLS));
  const Idiom& control = catalogue.idiom("control_no_syncp");
  ASSERT_TRUE(control.is_control());
  TearCheck check = check_of(stats_counter, control);
  // By the kernel's words and not by the module's: what it says of them is tested here, too.
  const bool narrow = catalogue.info.bits_per_long == 32;
  EXPECT_EQ(control.is_untorn(), !narrow);
  EXPECT_EQ(stats_counter.is_unskewed(), narrow) << "without a sequence fields may differ";
  if (!narrow) {
    EXPECT_EQ(read_meanwhile(check).torn, 0U) << "one store writes a whole field on this kernel";
    return;
  }
  VerifyResult total;
  for (; total.done < most_reads && total.torn == 0; check.reads *= 2)
    total += check_tearing(device, check).readings;
  report(total);
  ASSERT_GT(total.torn, 0U) << "INCONCLUSIVE: " << total.done
                            << " readings of the control, none torn";
  EXPECT_TRUE(std::any_of(total.torn_example.begin(), total.torn_example.end(), is_torn));
}

TEST_F(Tear, RetriesAreBounded) {
  for (const std::uint32_t bound : {0U, 1U, 5U}) {
    TearCheck check = check_of(seqcount_counter, catalogue.pattern_idiom_for(Storage::seqcount));
    check.retries_max = bound;
    VerifyResult total;
    while (total.starved == 0 && total.done < most_reads && (bound == 0 || total.done == 0))
      total += check_tearing(device, check).readings;
    EXPECT_LE(total.retries, total.done * bound) << "bound " << bound;
    EXPECT_GE(total.retries, total.starved * bound) << "gave up before the bound " << bound;
    EXPECT_EQ(total.torn, 0U);
    EXPECT_EQ(total.skewed, 0U) << "a starved reading was checked";
    if (bound == 0) {
      EXPECT_GT(total.starved, 0U) << "INCONCLUSIVE: no reading ever met the writer";
    }
  }
}

TEST_F(Tear, SnapshotsOfAGroupAreConsistent) {
  const Idiom& idiom = catalogue.idiom("write_seqcount_irqsave");
  device.reset(seqcount_counter.id);
  BackgroundJob writer(device, catalogue.online[0],
                       {.counter = seqcount_counter.id, .idiom = idiom.id, .updates = UINT64_MAX});
  ASSERT_TRUE(writer.counts());
  const std::array ids{seqcount_counter.id};
  const std::size_t cpu = catalogue.place_of(catalogue.online[0]);
  std::uint64_t consistent = 0;
  std::uint64_t last = 0;
  const auto read = [&](const PinnedThread& /*thread*/) {
    Snapshot snapshot;
    for (int i = 0; i < 5000; ++i) {
      device.snapshot(ids, snapshot);
      const Record& record = snapshot.record(seqcount_counter.id);
      if (record.starved != 0) continue;
      ++consistent;
      const std::uint64_t updates = record.value(0, cpu);
      ASSERT_GE(updates, last);
      last = updates;
      for (std::size_t field = 0; field < record.field_count; ++field)
        ASSERT_EQ(record.value(field, cpu), updates * seqcount_counter.fields[field].weight);
    }
  };
  const std::array reader_cpu{catalogue.online[1]};
  run_on_cpus(reader_cpu, read);
  EXPECT_GT(consistent, 0U);
  EXPECT_GT(last, 0U);
  writer.interrupt();
  EXPECT_TRUE(writer.result().interrupted);
}

constexpr std::array pattern_storages{Storage::u64, Storage::local64, Storage::u64_stats,
                                      Storage::seqcount};

// One CPU is enough for these.
class TearPatterns : public DeviceTest {
 public:
  [[nodiscard]] VerifyResult verify(const Counter& counter, std::uint64_t count) const {
    return device.verify(
        {.counter = counter.id, .cpu = catalogue.online[0], .reads = count, .retries_max = 100});
  }
  void write(const Counter& counter, const Idiom& idiom, std::uint64_t updates) const {
    (void)hammer_on(device, catalogue.online[0],
                    {.counter = counter.id, .idiom = idiom.id, .updates = updates});
  }
};

TEST_F(TearPatterns, OnlyPatternsCanBeVerified) {
  for (const Storage storage : pattern_storages) {
    const Counter& counter = catalogue.static_counter(storage);
    const Idiom& pattern = catalogue.pattern_idiom_for(storage);
    device.reset(counter.id);
    EXPECT_EQ(verify(counter, 100).done, 100U) << "zero is a pattern";
    write(counter, pattern, 10);
    EXPECT_EQ(verify(counter, 100).torn, 0U);
    write(counter, catalogue.idiom_for(storage), 1);
    EXPECT_ERRNO(ENODATA, verify(counter, 100));
    write(counter, pattern, 10);
    EXPECT_ERRNO(ENODATA, verify(counter, 100));
    device.reset(counter.id);
    write(counter, pattern, 10);
    EXPECT_EQ(verify(counter, 100).done, 100U);
  }
}

TEST_F(TearPatterns, AJobThatSpoilsThePatternEndsVerifying) {
  if (catalogue.online.size() < 2) GTEST_SKIP() << "a reader and a writer need two online CPUs";
  const Counter& counter = catalogue.static_counter(Storage::seqcount);
  device.reset(counter.id);
  std::atomic<int> error = -1;
  SignalledThread reader([&] {
    pin_this_thread(catalogue.online[1]);
    error = errno_of([&] { (void)verify(counter, UINT64_MAX); }).number;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(reader.ended());
  write(counter, catalogue.idiom_for(Storage::seqcount), 1);
  EXPECT_TRUE(eventually([&] { return reader.ended(); }));
  EXPECT_EQ(Errno{error}, Errno{ENODATA});
  reader.signal_until_ended();
  reader.join();
  device.reset(counter.id);
}

// A reader keeps nobody out, and takes what a reset does for no fault of the counter.
TEST_F(TearPatterns, ResetsDoNotWaitForReaders) {
  if (catalogue.online.size() < 2) GTEST_SKIP() << "a reader and a writer need two online CPUs";
  for (const Storage storage : pattern_storages) {
    const Counter& counter = catalogue.static_counter(storage);
    device.reset(counter.id);
    VerifyResult result;
    // A reader that the host keeps from running meanwhile has seen nothing: again then.
    for (int attempt = 0; attempt < 10 && result.changed == 0; ++attempt) {
      SignalledThread reader([&] {
        pin_this_thread(catalogue.online[1]);
        result = verify(counter, UINT64_MAX);
      });
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      for (int i = 0; i < 200; ++i) {
        write(counter, catalogue.pattern_idiom_for(storage), 1000);
        EXPECT_ERRNO(0, device.reset(counter.id)) << counter.name;
      }
      // What a reset came into is forgotten, so that something is left to see.
      write(counter, catalogue.pattern_idiom_for(storage), 200'000);
      EXPECT_FALSE(reader.ended()) << counter.name;
      reader.signal_until_ended();
      reader.join();
    }
    EXPECT_TRUE(result.interrupted);
    EXPECT_GT(result.changed, 0U) << "INCONCLUSIVE: the reader has seen no update";
    if (catalogue.pattern_idiom_for(storage).is_untorn()) {
      EXPECT_EQ(result.torn, 0U) << counter.name;
    }
    EXPECT_EQ(result.backward, 0U) << counter.name;
    EXPECT_EQ(counter.is_unskewed() ? result.skewed : 0, 0U) << counter.name;
  }
}

TEST_F(TearPatterns, ValuesAreWhatThePatternSays) {
  for (const Storage storage : pattern_storages) {
    const Counter& counter = catalogue.static_counter(storage);
    device.reset(counter.id);
    constexpr std::uint64_t updates = 12'345;
    write(counter, catalogue.pattern_idiom_for(storage), updates);
    const std::array ids{counter.id};
    const Snapshot snapshot = device.snapshot(ids);
    for (std::size_t field = 0; field < counter.fields.size(); ++field)
      EXPECT_EQ(snapshot.value(counter.id, field, catalogue.place_of(catalogue.online[0])),
                gain(Arithmetic::pattern, updates, counter.fields[field].weight));
  }
}

TEST_F(TearPatterns, QuietReadingsAreAllTheSame) {
  const Counter& counter = catalogue.static_counter(Storage::u64_stats);
  device.reset(counter.id);
  write(counter, catalogue.pattern_idiom_for(Storage::u64_stats), 7);
  const VerifyResult result = verify(counter, 5000);
  EXPECT_EQ(result.done, 5000U);
  EXPECT_EQ(result.retries + result.starved + result.torn + result.skewed, 0U);
  EXPECT_EQ(result.backward + result.changed, 0U);
  EXPECT_FALSE(result.interrupted);
  EXPECT_EQ(verify(counter, 0).done, 0U);
}

TEST_F(TearPatterns, FreshDynamicCountersHoldAPattern) {
  const TemporaryCounter fresh(device, {.name = "tear-fresh", .storage = Storage::seqcount});
  EXPECT_EQ(verify(describe(fresh.id()), 10).done, 10U);
}

}  // namespace
}  // namespace percpu_scope::guest
