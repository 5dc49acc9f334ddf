// SPDX-License-Identifier: GPL-2.0-only
//
// CarryPatterns: patterns whose halves wrap at 2^32, and readers that look on meanwhile: no
// half carries into the other, and nothing goes backward. CarryReaders: sums that go across
// 2^32 and 2^63 under the eyes of a reader that must see each value whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <string>

#include "support/generated.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::uint64_t half = std::uint64_t{1} << 32;
constexpr std::uint64_t sign = std::uint64_t{1} << 63;
// Of one round: half of them before the wrap, so many that what a reset keeps from being
// checked is over by then.
constexpr std::uint64_t wrap_updates = 200'000;
constexpr int wrap_rounds = 10;
constexpr std::chrono::seconds wrap_limit{40};
// Of a round in which a sum goes across, at first and at most, and how often that must have
// been seen.
constexpr std::uint64_t sum_updates = 100'000;
constexpr std::uint64_t most_sum_updates = 25'600'000;
constexpr int sum_rounds = 20;
constexpr int enough_across = 3;

void expect_pattern(const DeviceTest& test, const Counter& counter, const Idiom& idiom,
                    std::uint32_t cpu, std::uint64_t updates) {
  const std::array ids{counter.id};
  const Snapshot snapshot = test.device.snapshot(ids);
  for (std::size_t field = 0; field < counter.fields.size(); ++field)
    EXPECT_EQ(snapshot.value(counter.id, field, test.catalogue.place_of(cpu)),
              gain(Arithmetic::pattern, updates, counter.fields[field].weight))
        << idiom.name << " on " << counter.name << ", " << counter.fields[field].name;
}

void run_values(const DeviceTest& test, const std::string& name) {
  const Idiom& idiom = test.catalogue.idiom(name);
  const Counter& counter = test.catalogue.static_counter(idiom.storage);
  const std::uint32_t cpu = test.catalogue.online.front();
  for (const std::uint64_t start : {half - 5, sign - 5, ~std::uint64_t{4}}) {
    test.device.reset(counter.id, start, true);
    expect_pattern(test, counter, idiom, cpu, start);
    (void)hammer_on(test.device, cpu, {.counter = counter.id, .idiom = idiom.id, .updates = 1'000});
    expect_pattern(test, counter, idiom, cpu, start + 1'000);
  }
  test.device.reset(counter.id);
}

// Writes across the wrap again and again; the reader of the same copy reads all the time.
VerifyResult read_across(const DeviceTest& test, const Counter& counter, const Idiom& idiom) {
  const std::uint32_t writer = test.catalogue.online[0];
  const std::uint32_t reader = test.catalogue.online[1];
  test.device.reset(counter.id);
  VerifyResult seen;
  SignalledThread reading([&] {
    pin_this_thread(reader);
    seen = test.device.verify(
        {.counter = counter.id, .cpu = writer, .reads = UINT64_MAX, .retries_max = 1000});
  });
  for (int round = 0; round < wrap_rounds; ++round) {
    const std::uint64_t start = half - wrap_updates / 2;
    test.device.reset(counter.id, start, true);
    (void)hammer_on(test.device, writer,
                    {.counter = counter.id, .idiom = idiom.id, .updates = wrap_updates});
    expect_pattern(test, counter, idiom, writer, start + wrap_updates);
  }
  EXPECT_FALSE(reading.ended());
  reading.signal_until_ended();
  reading.join();
  EXPECT_TRUE(seen.interrupted);
  return seen;
}

void run_readers(const DeviceTest& test, const std::string& name) {
  const Idiom& idiom = test.catalogue.idiom(name);
  const Counter& counter = test.catalogue.static_counter(idiom.storage);
  VerifyResult seen;
  // A reader that the host keeps from running meanwhile has seen nothing: again then.
  const auto end = std::chrono::steady_clock::now() + wrap_limit;
  do {
    seen += read_across(test, counter, idiom);
  } while (seen.changed < enough_changes && std::chrono::steady_clock::now() < end);
  const std::string what = name + ": " + std::to_string(seen.done) + " readings, " +
                           std::to_string(seen.changed) + " changed, " +
                           std::to_string(seen.starved) + " starved";
  ::testing::Test::RecordProperty("readings", what);
  EXPECT_GE(seen.changed, enough_changes) << "INCONCLUSIVE: " << what;
  EXPECT_EQ(seen.torn, 0U) << what;
  EXPECT_EQ(seen.backward, 0U) << what;
  if (counter.is_unskewed()) {
    EXPECT_EQ(seen.skewed, 0U) << what;
  }
  test.device.reset(counter.id);
}

// A sum that a reader on another CPU sees grow: never less than before, never more than
// what was to be written. Half of an old value and half of a new one is both.
class SumReader {
 public:
  SumReader(const DeviceTest& test, const Counter& counter, std::uint64_t start,
            std::uint64_t updates)
      : test_(test), counter_(counter), start_(start), updates_(updates) {}

  // Until told to stop; how many values it saw on each side of the place.
  void read(const std::atomic<bool>& done) {
    const std::array ids{counter_.id};
    Snapshot snapshot;
    std::uint64_t last = 0;
    while (!done) {
      test_.device.snapshot(ids, snapshot);
      const Record& record = snapshot.record(counter_.id);
      if (record.starved != 0) continue;
      // In updates since the start, of the only copy that is written.
      const std::uint64_t gained = record.sum[0] - base_;
      if (gained > updates_ || gained < last) ++wrong_;
      last = gained;
      reading_ = true;
      // What was there before and after the writer says nothing of what is in between.
      if (gained == 0 || gained == updates_) continue;
      (gained < updates_ / 2 ? before_ : after_) += 1;
    }
  }
  // The sum over all copies as it is before anything is written.
  void start() {
    test_.device.reset(counter_.id, start_);
    base_ = test_.sum(counter_.id);
  }
  [[nodiscard]] bool is_reading() const { return reading_; }
  [[nodiscard]] bool saw_both() const { return before_ > 0 && after_ > 0; }
  [[nodiscard]] std::uint64_t wrong() const { return wrong_; }

 private:
  const DeviceTest& test_;
  const Counter& counter_;
  std::uint64_t start_;
  std::uint64_t updates_;
  std::uint64_t base_ = 0;
  std::uint64_t before_ = 0;
  std::uint64_t after_ = 0;
  std::uint64_t wrong_ = 0;
  std::atomic<bool> reading_ = false;
};

void run_sum_readers(const DeviceTest& test, const std::string& name) {
  const Idiom& idiom = test.catalogue.idiom(name);
  const Counter& counter = test.catalogue.static_counter(idiom.storage);
  for (const std::uint64_t place : {half, sign}) {
    int across = 0;
    std::uint64_t updates = sum_updates;
    for (int round = 0; round < sum_rounds && across < enough_across; ++round) {
      SumReader sums(test, counter, place - updates / 2, updates);
      sums.start();
      std::atomic<bool> done = false;
      SignalledThread reading([&] {
        pin_this_thread(test.catalogue.online[1]);
        sums.read(done);
      });
      EXPECT_TRUE(eventually([&] { return sums.is_reading(); }));
      (void)hammer_on(test.device, test.catalogue.online[0],
                      {.counter = counter.id, .idiom = idiom.id, .updates = updates});
      done = true;
      reading.join();
      EXPECT_EQ(sums.wrong(), 0U) << name << " on " << counter.name << ": values of no time";
      across += sums.saw_both() ? 1 : 0;
      // Another host's slice of time is longer than all the writer does: let it do more.
      if (!sums.saw_both()) updates = std::min(2 * updates, most_sum_updates);
    }
    EXPECT_GE(across, enough_across) << "INCONCLUSIVE: no reader saw it go across " << place;
  }
  test.device.reset(counter.id);
}

void generate_values(const Catalogue& catalogue) {
  for (const Idiom& idiom : catalogue.idioms) {
    if (idiom.is_control() || !idiom.is_pattern()) continue;
    add_test("CarryPatterns", idiom.name, __FILE__, __LINE__,
             [name = idiom.name](const DeviceTest& test) { run_values(test, name); });
    if (!idiom.is_untorn() || catalogue.online.size() < 2) continue;
    add_test("CarryPatterns", idiom.name + "_read_meanwhile", __FILE__, __LINE__,
             [name = idiom.name](const DeviceTest& test) { run_readers(test, name); });
  }
}

void generate_sum_readers(const Catalogue& catalogue) {
  if (catalogue.online.size() < 2) return;
  for (const Idiom& idiom : catalogue.idioms) {
    // Those that wait for another CPU keep it from reading.
    const bool waits = idiom.runnable == ContextSet{Context::task};
    if (idiom.is_control() || idiom.is_pattern() || !idiom.is_untorn() || waits) continue;
    const Counter& counter = catalogue.static_counter(idiom.storage);
    // A narrower word has no such place; what is taken out for a moment is not there, nor is
    // what is being folded from a byte into a count that no lock is on.
    const bool is_wide = counter.fields[0].bits == 64 && counter.size >= sizeof(std::uint64_t);
    if (!is_wide || idiom.is_transient()) continue;
    add_test("CarryReaders", idiom.name, __FILE__, __LINE__,
             [name = idiom.name](const DeviceTest& test) { run_sum_readers(test, name); });
  }
}

const GeneratedSuite pattern_suite("CarryPatterns", generate_values);
const GeneratedSuite sum_suite("CarryReaders", generate_sum_readers);

}  // namespace
}  // namespace percpu_scope::guest
