// SPDX-License-Identifier: GPL-2.0-only
//
// Agreement: debugfs and the ioctls tell the same of counters that nobody
// updates, and both tell what was really done to them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

class Agreement : public DeviceTest {
 public:
  // Something else on every CPU, and on every counter.
  static std::uint64_t updates_for(std::size_t cpu, std::size_t counter) {
    return 100 + 10 * counter + 7 * cpu;
  }

  void SetUp() override {
    dynamic_counter = std::make_unique<TemporaryCounter>(
        device, Create{.name = "agreement.dynamic", .storage = Storage::u64_stats});
    all_counters = device.counters();
    for (const Counter& counter : all_counters) device.reset(counter.id);
    for (std::size_t i = 0; i < all_counters.size(); ++i)
      for (std::size_t cpu = 0; cpu < catalogue.online.size(); ++cpu)
        (void)hammer_on(device, catalogue.online[cpu],
                        {.counter = all_counters[i].id,
                         .idiom = catalogue.idiom_for(all_counters[i].storage).id,
                         .updates = updates_for(cpu, i)});
  }

  void TearDown() override {
    dynamic_counter.reset();
    DeviceTest::TearDown();
  }

  [[nodiscard]] Snapshot snapshot_of_all() const {
    std::vector<CounterId> ids;
    for (const Counter& counter : all_counters) ids.push_back(counter.id);
    return device.snapshot(ids);
  }

  std::vector<Counter> all_counters;
  std::unique_ptr<TemporaryCounter> dynamic_counter;
};

TEST_F(Agreement, SnapshotTellsWhatEachCpuDid) {
  const Snapshot snapshot = snapshot_of_all();
  for (std::size_t i = 0; i < all_counters.size(); ++i) {
    const Counter& counter = all_counters[i];
    SCOPED_TRACE(counter.name);
    const bool shared = device.copies(counter.id).empty();
    for (std::size_t field = 0; field < counter.fields.size(); ++field) {
      const std::uint64_t weight = counter.fields[field].weight;
      std::vector<std::uint64_t> expected(catalogue.cpus.size());
      std::uint64_t total = 0;
      for (std::size_t cpu = 0; cpu < catalogue.online.size(); ++cpu) {
        expected[catalogue.place_of(catalogue.online[cpu])] = updates_for(cpu, i) * weight;
        total += updates_for(cpu, i) * weight;
      }
      EXPECT_EQ(snapshot.sum(counter.id, field), total);
      // How it is split between copies and what is shared is its own affair.
      if (counter.folds()) continue;
      { EXPECT_EQ(snapshot.shared(counter.id, field), shared ? total : 0); }
      for (std::size_t cpu = 0; cpu < expected.size(); ++cpu)
        EXPECT_EQ(snapshot.value(counter.id, field, cpu), shared ? 0 : expected[cpu])
            << "CPU " << catalogue.cpus[cpu].number;
    }
  }
}

TEST_F(Agreement, SumsAreSharedPlusAllCpus) {
  const Snapshot snapshot = snapshot_of_all();
  ASSERT_EQ(snapshot.records().size(), all_counters.size());
  for (const Record& record : snapshot.records()) {
    EXPECT_EQ(record.starved, 0U);
    for (std::size_t field = 0; field < record.field_count; ++field) {
      std::uint64_t total = record.shared[field];
      for (std::size_t cpu = 0; cpu < record.cpu_count; ++cpu) total += record.value(field, cpu);
      EXPECT_EQ(record.sum[field], total);
    }
  }
}

TEST_F(Agreement, QuietCountersStay) {
  const Snapshot one = snapshot_of_all();
  const Snapshot two = snapshot_of_all();
  for (const Counter& counter : all_counters) {
    const Record& left = one.record(counter.id);
    const Record& right = two.record(counter.id);
    EXPECT_TRUE(std::equal(left.values.begin(), left.values.end(), right.values.begin(),
                           right.values.end()))
        << counter.name;
  }
}

TEST_F(Agreement, DebugfsValues) {
  const Snapshot snapshot = snapshot_of_all();
  const std::vector<DebugfsValues> lines = Debugfs().values();
  std::size_t line = 0;
  for (const Counter& counter : all_counters) {
    for (std::size_t field = 0; field < counter.fields.size(); ++field, ++line) {
      ASSERT_LT(line, lines.size());
      EXPECT_EQ(lines[line].counter, counter.name);
      EXPECT_EQ(lines[line].field, counter.fields[field].name);
      EXPECT_EQ(lines[line].shared, snapshot.shared(counter.id, field));
      EXPECT_EQ(lines[line].sum, snapshot.sum(counter.id, field));
      EXPECT_EQ(lines[line].starved, 0U);
      ASSERT_EQ(lines[line].cpus.size(), catalogue.cpus.size());
      for (std::size_t cpu = 0; cpu < catalogue.cpus.size(); ++cpu) {
        EXPECT_EQ(lines[line].cpus[cpu], catalogue.cpus[cpu].number);
        EXPECT_EQ(lines[line].values[cpu], snapshot.value(counter.id, field, cpu));
      }
    }
  }
  EXPECT_EQ(line, lines.size());
}

TEST_F(Agreement, DebugfsValuesOfOneCounter) {
  const std::vector<DebugfsValues> all = Debugfs().values();
  for (const Counter& counter : all_counters) {
    SCOPED_TRACE(counter.name);
    const std::vector<DebugfsValues> lines =
        parse_debugfs_values(Debugfs().read("counter/" + counter.name + "/values"));
    ASSERT_EQ(lines.size(), counter.fields.size());
    for (const DebugfsValues& line : lines) {
      const auto same = std::find_if(all.begin(), all.end(), [&line](const DebugfsValues& other) {
        return other.counter == line.counter && other.field == line.field;
      });
      ASSERT_NE(same, all.end());
      EXPECT_EQ(line.counter, counter.name);
      EXPECT_EQ(line.shared, same->shared);
      EXPECT_EQ(line.values, same->values);
      EXPECT_EQ(line.sum, same->sum);
    }
  }
}

// Two writers under one sequence leave it odd, sooner or later: then no reader
// gets through, and the values that are shown are those of a last try.
TEST_F(Agreement, DebugfsSaysWhatIsStarved) {
  constexpr int rounds = 50;
  const Counter& counter = catalogue.static_counter(Storage::u64_stats);
  const std::array ids{counter.id};
  const bool sticks = catalogue.info.has(PERCPU_SCOPE_FEATURE_SYNCP);
  if (catalogue.online.size() < 2 || !catalogue.info.has(PERCPU_SCOPE_FEATURE_CONTROLS))
    GTEST_SKIP() << "it takes two CPUs and a control";
  std::uint32_t starved = 0;
  for (int round = 0; round < (sticks ? rounds : 1) && starved == 0; ++round) {
    (void)hammer_on_cpus(device, {.counter = counter,
                                  .idiom = catalogue.idiom("control_shared_syncp"),
                                  .cpus = catalogue.online,
                                  .updates = 2'000'000,
                                  .finding = true});
    starved = device.snapshot(ids).record(counter.id).starved;
  }
  EXPECT_EQ(starved > 0, sticks) << "INCONCLUSIVE: the sequence never stuck";
  for (const std::string& file : {std::string("values"), "counter/" + counter.name + "/values"})
    for (const DebugfsValues& line : parse_debugfs_values(Debugfs().read(file)))
      EXPECT_EQ(line.starved, line.counter == counter.name ? starved : 0U)
          << file << ": " << line.counter << ' ' << line.field;
  device.reset(counter.id);
  EXPECT_EQ(device.snapshot(ids).record(counter.id).starved, 0U);
}

TEST_F(Agreement, DebugfsCounters) {
  const Snapshot snapshot = snapshot_of_all();
  const std::vector<DebugfsCounter> lines = Debugfs().counters();
  std::size_t line = 0;
  for (const Counter& counter : all_counters) {
    for (std::size_t field = 0; field < counter.fields.size(); ++field, ++line) {
      ASSERT_LT(line, lines.size());
      EXPECT_EQ(lines[line].name, counter.name);
      EXPECT_EQ(lines[line].field, counter.fields[field].name);
      EXPECT_EQ(lines[line].origin, counter.origin);
      EXPECT_EQ(lines[line].variant, counter.variant);
      EXPECT_EQ(lines[line].storage, counter.storage);
      EXPECT_EQ(lines[line].size, counter.size);
      EXPECT_EQ(lines[line].align, counter.align);
      EXPECT_EQ(lines[line].sum, snapshot.sum(counter.id, field));
    }
  }
  EXPECT_EQ(line, lines.size());
}

TEST_F(Agreement, DebugfsIdioms) {
  const auto lines = words_of(Debugfs().read("idioms"));
  ASSERT_EQ(lines.size(), catalogue.idioms.size() + 1);
  for (std::size_t i = 0; i < catalogue.idioms.size(); ++i) {
    const Idiom& idiom = catalogue.idioms[i];
    const std::vector<std::string>& line = lines[i + 1];
    ASSERT_GE(line.size(), 6U);
    EXPECT_EQ(line[0], idiom.name);
    EXPECT_EQ(line[1], to_string(idiom.storage));
    EXPECT_EQ(line[2], to_string(idiom.conserved));
    EXPECT_EQ(line[3], to_string(idiom.runnable));
    EXPECT_EQ(line[4], idiom.is_pattern() ? "yes" : "no");
    EXPECT_EQ(line[5], idiom.is_control() ? "yes" : "no");
    // The list has room for so much of it, and debugfs shows all.
    std::string call;
    for (std::size_t word = 6; word < line.size(); ++word)
      call += (word == 6 ? "" : " ") + line[word];
    EXPECT_EQ(call, idiom.call) << "it was cut";
  }
}

TEST_F(Agreement, DebugfsInfo) {
  std::map<std::string, std::string> shown;
  for (const std::vector<std::string>& line : words_of(Debugfs().read("info"))) {
    ASSERT_EQ(line.size(), 2U);
    shown[line[0]] = line[1];
  }
  const Info info = device.info();
  EXPECT_EQ(shown["abi_version"], std::to_string(info.abi_version));
  EXPECT_EQ(shown["kernel"], info.release);
  EXPECT_EQ(shown["bits_per_long"], std::to_string(info.bits_per_long));
  EXPECT_EQ(shown["possible_cpus"], std::to_string(info.possible_cpus));
  EXPECT_EQ(shown["online_cpus"], std::to_string(info.online_cpus));
  EXPECT_EQ(shown["counters"], std::to_string(info.counters));
  EXPECT_EQ(shown["dynamic_counters"], std::to_string(info.dynamic_counters));
  EXPECT_EQ(shown["dynamic_counters_max"], std::to_string(info.dynamic_counters_max));
  EXPECT_EQ(shown["idioms"], std::to_string(info.idioms));
}

TEST_F(Agreement, ResetZeroesEveryCounter) {
  // What interrupts count may lie elsewhere than what tasks do.
  constexpr ContextSet both{Context::task, Context::softirq};
  for (const Counter& counter : all_counters) {
    const Idiom& idiom = catalogue.idiom_for(counter.storage);
    if (!idiom.conserved.contains(both)) continue;
    for (const std::uint32_t cpu : catalogue.online)
      (void)hammer_on(device, cpu,
                      {.counter = counter.id,
                       .idiom = idiom.id,
                       .updates = 1,
                       .contexts = {Context::softirq},
                       .period = std::chrono::microseconds(100),
                       .interruptions = 1});
  }
  for (const Counter& counter : all_counters) device.reset(counter.id);
  const Snapshot snapshot = snapshot_of_all();
  for (const Record& record : snapshot.records()) {
    for (const std::uint64_t value : record.values) EXPECT_EQ(value, 0U);
    for (const std::uint64_t value : record.shared) EXPECT_EQ(value, 0U);
    for (const std::uint64_t value : record.sum) EXPECT_EQ(value, 0U);
  }
}

}  // namespace
}  // namespace percpu_scope::guest
