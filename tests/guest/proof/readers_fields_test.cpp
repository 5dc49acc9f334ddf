// SPDX-License-Identifier: GPL-2.0-only
//
// ReadersFields: packets and their bytes that grow together under one section, read from
// another CPU all the while. No reading has packets without their bytes: sums say so where
// no pattern is written, as in a copy of two rings.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>

#include "support/generated.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::uint64_t enough_looks = 2'000;
constexpr std::chrono::seconds looks_limit{60};

struct Looks {
  std::uint64_t changed = 0;
  std::uint64_t starved = 0;
  std::uint64_t skewed = 0;
  std::string example;
};

Looks look_on(const DeviceTest& test, const Counter& counter, std::uint32_t writer) {
  Looks looks;
  Snapshot snapshot;
  const std::array ids{counter.id};
  const std::size_t place = test.catalogue.place_of(writer);
  std::uint64_t last = 0;
  const auto end = std::chrono::steady_clock::now() + looks_limit;
  while (looks.changed < enough_looks && std::chrono::steady_clock::now() < end) {
    test.device.snapshot(ids, snapshot);
    const Record& record = snapshot.record(counter.id);
    looks.starved += record.starved;
    if (record.starved != 0) continue;
    const auto copy = record.values.subspan(place * record.field_count, record.field_count);
    looks.changed += copy[0] != last ? 1 : 0;
    last = copy[0];
    for (std::size_t field = 0; field < copy.size(); ++field) {
      // All began at 0, and each update adds a field's weight to it.
      if (copy[field] * counter.fields[0].weight == copy[0] * counter.fields[field].weight)
        continue;
      ++looks.skewed;
      if (looks.example.empty())
        looks.example = counter.fields[0].name + "=" + std::to_string(copy[0]) + " " +
                        counter.fields[field].name + "=" + std::to_string(copy[field]);
      break;
    }
  }
  return looks;
}

void run(const DeviceTest& test, const std::string& name) {
  const Idiom& idiom = test.catalogue.idiom(name);
  const Counter& counter = test.catalogue.static_counter(idiom.storage);
  const std::uint32_t writer = test.catalogue.online[0];
  test.device.reset(counter.id);
  BackgroundJob job(test.device, writer,
                    {.counter = counter.id, .idiom = idiom.id, .updates = UINT64_MAX});
  Looks looks;
  SignalledThread reading([&] {
    pin_this_thread(test.catalogue.online[1]);
    looks = look_on(test, counter, writer);
  });
  reading.join();
  job.interrupt();
  EXPECT_TRUE(job.result().interrupted);
  test.device.reset(counter.id);
  const std::string what = name + ": " + std::to_string(looks.changed) + " changed, " +
                           std::to_string(looks.starved) + " starved";
  ::testing::Test::RecordProperty("readings", what);
  EXPECT_GE(looks.changed, enough_looks) << "INCONCLUSIVE: " << what;
  EXPECT_EQ(looks.skewed, 0U) << what << ", " << looks.example;
}

void generate(const Catalogue& catalogue) {
  if (catalogue.online.size() < 2) return;
  for (const Idiom& idiom : catalogue.idioms) {
    if (idiom.is_control() || idiom.is_pattern() || !idiom.is_untorn()) continue;
    const Counter& counter = catalogue.static_counter(idiom.storage);
    if (!counter.is_unskewed() || counter.fields.size() < 2) continue;
    add_test("ReadersFields", idiom.name, __FILE__, __LINE__,
             [name = idiom.name](const DeviceTest& test) { run(test, name); });
  }
}

const GeneratedSuite suite("ReadersFields", generate);

}  // namespace
}  // namespace percpu_scope::guest
