// SPDX-License-Identifier: GPL-2.0-only
//
// Carry: words that go across the places where a machine may lose a carry or take a sign
// for a number: 2^16, 2^31, 2^32, 2^63 and 2^64, upward and downward. Each idiom that adds
// is started just beside them, and conserves as it does anywhere else.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "support/generated.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::array<unsigned, 5> places{16, 31, 32, 63, 64};
constexpr std::uint64_t beside = 5;  // updates, from the place
constexpr std::uint64_t carry_updates = 2'000;
constexpr std::uint64_t waiting_carry_updates = 50;
constexpr std::uint64_t carry_interruptions = 5;
constexpr std::chrono::microseconds carry_period{100};

constexpr std::uint64_t at_place(unsigned bit) { return bit == 64 ? 0 : std::uint64_t{1} << bit; }

std::uint64_t mask_of(unsigned bits) {
  return bits == 64 ? UINT64_MAX : (std::uint64_t{1} << bits) - 1;
}

// Each value of one field, the shared part first; of what folds them, all together.
std::vector<std::uint64_t> values_of(const DeviceTest& test, const Counter& counter,
                                     std::size_t field) {
  const std::array ids{counter.id};
  const Snapshot snapshot = test.device.snapshot(ids);
  const Record& record = snapshot.record(counter.id);
  EXPECT_EQ(record.starved, 0U);
  if (counter.folds()) return {record.sum[field]};
  std::vector<std::uint64_t> values{record.shared[field]};
  for (std::size_t cpu = 0; cpu < record.cpu_count; ++cpu)
    values.push_back(record.value(field, cpu));
  return values;
}

// What came of a run, of all values of the first field.
struct Crossing {
  bool crossed = false;  // one of them is on the other side of the place
  bool fell = false;     // one of them is less than it was
};

class Carrying {
 public:
  Carrying(const DeviceTest& test, const Counter& counter, const Idiom& idiom)
      : test_(test), counter_(counter), idiom_(idiom), bits_(counter.fields.front().bits) {}

  // From `start` on, by one job on each of the CPUs.
  [[nodiscard]] Crossing run(std::uint64_t start, unsigned place, ContextSet contexts,
                             const std::vector<std::uint32_t>& cpus) const {
    const bool waits = idiom_.runnable == ContextSet{Context::task};
    Hammering hammering{.counter = counter_,
                        .idiom = idiom_,
                        .cpus = cpus,
                        .updates = waits ? waiting_carry_updates : carry_updates,
                        .contexts = contexts};
    if (!contexts.empty()) {
      hammering.period = carry_period;
      hammering.interruptions = carry_interruptions;
    }
    test_.device.reset(counter_.id, start);
    std::vector<std::vector<std::uint64_t>> before;
    for (std::size_t field = 0; field < counter_.fields.size(); ++field)
      before.push_back(values_of(test_, counter_, field));
    const HammerResult result = hammer_on_cpus(test_.device, hammering);
    EXPECT_FALSE(result.misplaced);
    for (std::size_t field = 0; field < counter_.fields.size(); ++field)
      expect_gain(field, before[field], result.tally.total(), start);
    return crossing(before[0], place);
  }

 private:
  void expect_gain(std::size_t field, const std::vector<std::uint64_t>& before,
                   std::uint64_t updates, std::uint64_t start) const {
    const std::vector<std::uint64_t> after = values_of(test_, counter_, field);
    std::uint64_t gained = 0;
    for (std::size_t i = 0; i < after.size(); ++i) gained += after[i] - before[i];
    EXPECT_EQ(gained & mask_of(bits_), updates * counter_.fields[field].weight & mask_of(bits_))
        << idiom_.name << " on " << counter_.name << ", " << counter_.fields[field].name << " from "
        << start << ": " << updates << " updates";
  }

  // On which side of the place a value is: how far is less than half of the word.
  [[nodiscard]] bool is_below(std::uint64_t value, unsigned place) const {
    return ((value - at_place(place)) & mask_of(bits_)) >> (bits_ - 1) != 0;
  }

  [[nodiscard]] Crossing crossing(const std::vector<std::uint64_t>& before, unsigned place) const {
    const std::vector<std::uint64_t> after = values_of(test_, counter_, 0);
    Crossing seen;
    for (std::size_t i = 0; i < after.size(); ++i) {
      seen.crossed = seen.crossed || is_below(before[i], place) != is_below(after[i], place);
      const std::uint64_t change = (after[i] - before[i]) & mask_of(bits_);
      seen.fell = seen.fell || change >> (bits_ - 1) != 0;
    }
    return seen;
  }

  const DeviceTest& test_;
  const Counter& counter_;
  const Idiom& idiom_;
  unsigned bits_;
};

void run_carry(const DeviceTest& test, const std::string& name) {
  const Idiom& idiom = test.catalogue.idiom(name);
  const Counter& counter = test.catalogue.static_counter(idiom.storage);
  const Carrying carrying(test, counter, idiom);
  const std::vector<std::uint32_t> one{test.catalogue.online.front()};
  const ContextSet interrupts = idiom.conserved & ContextSet{Context::softirq, Context::hardirq};
  for (const unsigned place : places) {
    SCOPED_TRACE("2^" + std::to_string(place));
    const std::uint64_t below = at_place(place) - beside;
    EXPECT_TRUE(carrying.run(below, place, {}, test.catalogue.online).crossed)
        << "INCONCLUSIVE: no word went up across it";
    if (!interrupts.empty()) {
      EXPECT_TRUE(carrying.run(below, place, interrupts, one).crossed)
          << "INCONCLUSIVE: no word went up across it, interrupted";
    }
    // Alone, so that nothing makes up for what it takes from another CPU's copy.
    const Crossing down = carrying.run(at_place(place) + beside, place, {}, one);
    EXPECT_EQ(down.crossed, down.fell) << "INCONCLUSIVE: it fell, and not across";
  }
  test.device.reset(counter.id);
}

void generate_carry(const Catalogue& catalogue) {
  for (const Idiom& idiom : catalogue.idioms) {
    if (idiom.is_control() || idiom.is_pattern()) continue;
    add_test("Carry", idiom.name, __FILE__, __LINE__,
             [name = idiom.name](const DeviceTest& test) { run_carry(test, name); });
  }
}

const GeneratedSuite carry_suite("Carry", generate_carry);

using CarryTable = DeviceTest;

// Without one of them nothing goes down anywhere, and half of the above is not tested.
TEST_F(CarryTable, SomethingGoesDown) {
  if (catalogue.online.size() < 2) GTEST_SKIP() << "what is taken on one CPU is given on another";
  std::size_t falling = 0;
  for (const Idiom& idiom : catalogue.idioms) {
    if (idiom.name.find("gauge") == std::string::npos) continue;
    const Counter& counter = catalogue.static_counter(idiom.storage);
    const Crossing down =
        Carrying(*this, counter, idiom).run(beside, 64, {}, {catalogue.online.front()});
    EXPECT_TRUE(down.fell && down.crossed) << idiom.name << ": no part is less than nothing";
    device.reset(counter.id);
    ++falling;
  }
  EXPECT_GT(falling, 0U) << "INCONCLUSIVE: no idiom takes anything away";
}

}  // namespace
}  // namespace percpu_scope::guest
