// SPDX-License-Identifier: GPL-2.0-only
//
// Readers: tears looked for in every way that there is to read, all at once,
// while every CPU writes patterns. Each field is checked, both halves of it,
// and what has weight 1 never goes backward. Starvation is no tear: told apart.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "support/generated.hpp"

namespace percpu_scope::guest {
namespace {

// Of each of the four ways, which share the CPUs, and of which debugfs is slow: at least so
// long, and longer until all have seen so many changes.
constexpr std::uint64_t enough_at_once = 20;
constexpr std::chrono::seconds all_at_once{2};
constexpr std::uint32_t retries_most = 1000;
constexpr std::uint64_t reads_per_look = 10'000;

// What one way of reading saw; added up under a lock, once per thread.
struct SeenByReader {
  std::uint64_t readings = 0;
  std::uint64_t changed = 0;
  std::uint64_t starved = 0;
  std::uint64_t torn = 0;
  std::uint64_t backward = 0;
  std::uint64_t skewed = 0;
  std::string example;

  void add(const SeenByReader& other) {
    readings += other.readings;
    changed += other.changed;
    starved += other.starved;
    torn += other.torn;
    backward += other.backward;
    skewed += other.skewed;
    if (example.empty()) example = other.example;
  }
  [[nodiscard]] std::string text() const {
    return std::to_string(readings) + " readings, " + std::to_string(changed) + " changed, " +
           std::to_string(starved) + " starved, " + std::to_string(torn) + " torn, " +
           std::to_string(skewed) + " skewed, " + std::to_string(backward) + " backward" +
           (example.empty() ? "" : "; first: " + example);
  }
};

// Follows one CPU's copy: all fields, both halves, order.
class Follower {
 public:
  explicit Follower(const Counter& counter) : counter_(counter), last_(counter.fields.size()) {}

  void look(std::size_t cpu, std::span<const std::uint64_t> fields, SeenByReader& seen) {
    bool torn = false;
    bool skewed = false;
    bool changed = false;
    bool backward = false;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto low = static_cast<std::uint32_t>(fields[i]);
      torn = torn || is_torn(fields[i]);
      const auto first = static_cast<std::uint32_t>(fields[0]);
      skewed = skewed || low != first * static_cast<std::uint32_t>(counter_.fields[i].weight);
      changed = changed || fields[i] != last_[i];
      // Modulo 2^32: a heavier field can pass half of it between two readings.
      backward =
          backward || (counter_.fields[i].weight == 1 && have_last_ &&
                       static_cast<std::int32_t>(low - static_cast<std::uint32_t>(last_[i])) < 0);
    }
    ++seen.readings;
    seen.changed += changed ? 1 : 0;
    seen.torn += torn ? 1 : 0;
    if (torn || backward) {
      if (seen.example.empty()) seen.example = example(cpu, fields);
    }
    if (torn) return;  // half a value says nothing about order
    seen.backward += backward ? 1 : 0;
    seen.skewed += skewed ? 1 : 0;
    last_.assign(fields.begin(), fields.end());
    have_last_ = true;
  }

 private:
  [[nodiscard]] std::string example(std::size_t cpu, std::span<const std::uint64_t> fields) const {
    std::string text = "place " + std::to_string(cpu);
    for (std::size_t i = 0; i < fields.size(); ++i)
      text += " " + counter_.fields[i].name + "=" + std::to_string(fields[i]) + " after " +
              std::to_string(last_[i]);
    return text;
  }

  const Counter& counter_;
  std::vector<std::uint64_t> last_;
  bool have_last_ = false;
};

// Writers on every CPU, and readers of four kinds, on one counter.
class Readers {
 public:
  Readers(const DeviceTest& test, const Counter& counter, const Idiom& idiom)
      : test_(test), counter_(counter), idiom_(idiom) {}

  void run() {
    test_.device.reset(counter_.id);
    std::vector<std::unique_ptr<BackgroundJob>> writers;
    for (const std::uint32_t cpu : test_.catalogue.online)
      writers.push_back(std::make_unique<BackgroundJob>(
          test_.device, cpu,
          Job{.counter = counter_.id, .idiom = idiom_.id, .updates = UINT64_MAX}));
    {
      std::vector<std::unique_ptr<SignalledThread>> readers;
      const auto add = [&](const char* way, const std::function<void(SeenByReader&)>& read,
                           std::optional<std::uint32_t> cpu = {}) {
        std::atomic<bool>& has_enough = enough_.emplace_back(false);
        readers.push_back(std::make_unique<SignalledThread>([this, way, read, cpu, &has_enough] {
          if (cpu) pin_this_thread(*cpu);
          SeenByReader seen;
          while (!done_) {
            read(seen);
            has_enough = seen.changed >= enough_at_once;
          }
          const std::scoped_lock lock(mutex_);
          seen_[way].add(seen);
        }));
      };
      add("snapshot", by_snapshot());
      add("debugfs", by_debugfs());
      for (const std::uint32_t cpu : test_.catalogue.online) {
        add("verify", by_verify(cpu));
        add("thread per CPU", by_snapshot(), cpu);
      }
      std::this_thread::sleep_for(all_at_once);
      (void)eventually([&] {
        return std::all_of(enough_.begin(), enough_.end(),
                           [](const auto& one) { return one.load(); });
      });
      done_ = true;
      for (const auto& reader : readers) reader->join();
    }
    for (const auto& writer : writers) {
      writer->interrupt();
      EXPECT_TRUE(writer->result().interrupted);
    }
  }

  void expect_whole() const {
    const std::string what = idiom_.name + " on " + counter_.name + " in task on CPUs " +
                             format_cpu_list(test_.catalogue.online) + ", read by ";
    EXPECT_EQ(seen_.size(), 4U);
    for (const auto& [way, seen] : seen_) {
      ::testing::Test::RecordProperty(way, seen.text());
      EXPECT_GE(seen.changed, enough_at_once)
          << "INCONCLUSIVE: " << what << way << ": " << seen.text();
      EXPECT_EQ(seen.torn, 0U) << what << way << ": " << seen.text();
      EXPECT_EQ(seen.backward, 0U) << what << way << ": " << seen.text();
      if (counter_.is_unskewed()) {
        EXPECT_EQ(seen.skewed, 0U) << what << way << ": " << seen.text();
      }
    }
  }

 private:
  [[nodiscard]] std::vector<Follower> followers() const {
    std::vector<Follower> followers(test_.catalogue.cpus.size(), Follower(counter_));
    return followers;
  }

  [[nodiscard]] std::function<void(SeenByReader&)> by_snapshot() const {
    return [this, followers = followers(), snapshot = Snapshot()](SeenByReader& seen) mutable {
      const std::array ids{counter_.id};
      test_.device.snapshot(ids, snapshot);
      const Record& record = snapshot.record(counter_.id);
      // It says how many copies starved, not which: none is looked at.
      seen.starved += record.starved;
      if (record.starved != 0) return;
      for (std::size_t cpu = 0; cpu < record.cpu_count; ++cpu)
        followers[cpu].look(
            cpu, record.values.subspan(cpu * record.field_count, record.field_count), seen);
    };
  }

  [[nodiscard]] std::function<void(SeenByReader&)> by_debugfs() const {
    return [this, followers = followers()](SeenByReader& seen) mutable {
      const std::vector<DebugfsValues> rows =
          parse_debugfs_values(Debugfs().read("counter/" + counter_.name + "/values"));
      seen.starved += rows.front().starved;
      if (rows.front().starved != 0) return;
      std::vector<std::uint64_t> fields(rows.size());
      for (std::size_t cpu = 0; cpu < followers.size(); ++cpu) {
        for (std::size_t i = 0; i < rows.size(); ++i) fields[i] = rows[i].values.at(cpu);
        followers[cpu].look(cpu, fields, seen);
      }
    };
  }

  [[nodiscard]] std::function<void(SeenByReader&)> by_verify(std::uint32_t cpu) const {
    return [this, cpu](SeenByReader& seen) {
      const VerifyResult result = test_.device.verify({.counter = counter_.id,
                                                       .cpu = cpu,
                                                       .reads = reads_per_look,
                                                       .retries_max = retries_most,
                                                       .fields = counter_.fields.size()});
      seen.readings += result.done;
      seen.changed += result.changed;
      seen.starved += result.starved;
      seen.torn += result.torn;
      seen.backward += result.backward;
      seen.skewed += result.skewed;
      if (result.torn > 0 && seen.example.empty())
        seen.example =
            "CPU " + std::to_string(cpu) + " " + std::to_string(result.torn_example.at(0));
    };
  }

  const DeviceTest& test_;
  const Counter& counter_;
  const Idiom& idiom_;
  std::atomic<bool> done_ = false;
  // Of each thread that reads; where they are does not change.
  std::deque<std::atomic<bool>> enough_;
  std::mutex mutex_;
  std::map<std::string, SeenByReader> seen_;
};

void generate_readers(const Catalogue& catalogue) {
  for (const Idiom& idiom : catalogue.idioms) {
    // A bare word on 32-bit may tear; nothing to demand of its readers.
    if (!idiom.is_pattern() || !idiom.is_untorn() || idiom.is_control()) continue;
    add_test("Readers", idiom.name + "_in_four_ways_at_once", __FILE__, __LINE__,
             [name = idiom.name](const DeviceTest& test) {
               const Idiom& pattern = test.catalogue.idiom(name);
               for (const Counter& counter : test.catalogue.counters) {
                 if (!pattern.fits(counter)) continue;
                 Readers readers(test, counter, pattern);
                 readers.run();
                 readers.expect_whole();
                 test.device.reset(counter.id);
               }
             });
  }
}

const GeneratedSuite readers_suite("Readers", generate_readers);

// The parts of a percpu_counter move from a CPU to the count: read one after another,
// what moves in between is in neither.
class ReadersPercpuCounter : public DeviceTest {
 public:
  const Counter& counter = catalogue.static_counter(Storage::percpu_counter);
};

TEST_F(ReadersPercpuCounter, SumsNeverGoBackward) {
  constexpr std::uint64_t enough_changes = 20'000;
  device.reset(counter.id);
  BackgroundJob writer(device, catalogue.online.back(),
                       {.counter = counter.id,
                        .idiom = catalogue.idiom("percpu_counter_add").id,
                        .updates = UINT64_MAX});
  ASSERT_TRUE(writer.counts());
  const std::array ids{counter.id};
  Snapshot snapshot;
  SeenByReader seen;
  std::uint64_t last = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (seen.changed < enough_changes && std::chrono::steady_clock::now() < end) {
    device.snapshot(ids, snapshot);
    const std::uint64_t sum = snapshot.record(counter.id).sum[0];
    ++seen.readings;
    seen.changed += sum != last ? 1 : 0;
    if (sum < last) {
      ++seen.backward;
      if (seen.example.empty())
        seen.example = std::to_string(sum) + " after " + std::to_string(last);
    }
    last = sum;
  }
  writer.interrupt();
  const JobResult result = writer.result();
  RecordProperty("readings", seen.text());
  EXPECT_GT(seen.changed, 100U) << "INCONCLUSIVE: the writer was hardly met: " << seen.text();
  EXPECT_EQ(seen.backward, 0U) << seen.text();
  EXPECT_EQ(sum(counter.id), result.tally.total());
}

}  // namespace
}  // namespace percpu_scope::guest
