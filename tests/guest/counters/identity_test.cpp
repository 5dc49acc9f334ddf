// SPDX-License-Identifier: GPL-2.0-only
//
// Identity: the address of a copy minus per_cpu_offset() of its CPU is the
// counter's __percpu pointer, on every CPU, in every way of asking.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

class Identity : public DeviceTest {
 public:
  // Every counter that has a __percpu pointer, with both lists in the same order.
  void expect_identity(const Device& from, Addresses addresses) const {
    const std::vector<Cpu> cpus = from.cpus(addresses);
    std::size_t checked = 0;
    for (const Counter& counter : from.counters(addresses)) {
      if (!counter.is_percpu()) continue;
      SCOPED_TRACE(counter.name);
      const std::vector<Copy> copies = from.copies(counter.id, addresses);
      ASSERT_EQ(copies.size(), cpus.size());
      for (std::size_t i = 0; i < cpus.size(); ++i) {
        EXPECT_EQ(copies[i].cpu, cpus[i].number);
        // All three are relative to the first of their kind: what is left is 0.
        const std::uint64_t expected = addresses == Addresses::raw ? counter.percpu_pointer : 0;
        EXPECT_EQ(
            percpu_pointer_from(copies[i].address, cpus[i].offset, catalogue.info.bits_per_long),
            expected)
            << "CPU " << cpus[i].number;
        ++checked;
      }
    }
    // Five variants, six before 7.3, and three groups have a pointer.
    EXPECT_GE(checked, cpus.size() * 8);
  }
};

TEST_F(Identity, RawOfStaticCounters) {
  ASSERT_TRUE(catalogue.info.has(PERCPU_SCOPE_FEATURE_RAW)) << "tests run as root";
  expect_identity(device, Addresses::raw);
}

TEST_F(Identity, DeltasOfStaticCounters) { expect_identity(device, Addresses::relative); }

TEST_F(Identity, OfDynamicCounters) {
  std::vector<std::unique_ptr<TemporaryCounter>> made;
  for (const Storage storage :
       {Storage::u64, Storage::local64, Storage::u64_stats, Storage::seqcount})
    for (const Variant variant :
         {Variant::alloc_percpu, Variant::alloc_percpu_sized, Variant::alloc_percpu_gfp})
      made.push_back(std::make_unique<TemporaryCounter>(
          device, Create{.name = "identity-" + std::to_string(made.size()),
                         .storage = storage,
                         .variant = variant}));
  for (const std::unique_ptr<TemporaryCounter>& counter : made)
    EXPECT_TRUE(describe(counter->id()).is_percpu());
  expect_identity(device, Addresses::raw);
  expect_identity(device, Addresses::relative);
}

TEST_F(Identity, PointersAreApartRawAsRelative) {
  const std::vector<Counter> raw = device.counters(Addresses::raw);
  ASSERT_EQ(raw.size(), catalogue.counters.size());
  std::uint64_t base = UINT64_MAX;
  for (const Counter& counter : raw)
    if (counter.is_percpu() && counter.origin == Origin::static_)
      base = std::min(base, counter.percpu_pointer);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    ASSERT_EQ(raw[i].id, catalogue.counters[i].id);
    const std::uint64_t expected = raw[i].is_percpu() ? raw[i].percpu_pointer - base : 0;
    EXPECT_EQ(catalogue.counters[i].percpu_pointer, expected) << raw[i].name;
  }
}

// The distance to another chunk is as good as an address; that to the lowest static
// counter, of that one itself, is zero and is told.
TEST_F(Identity, PointersIntoAnotherChunkAreNotShown) {
  // So many fill any chunk; on 64-bit the first has no room for one.
  std::vector<std::unique_ptr<TemporaryCounter>> large;
  Counter relative;
  while (!relative.is_apart() && large.size() < 60) {
    large.push_back(std::make_unique<TemporaryCounter>(
        device, Create{.name = "apart-" + std::to_string(large.size()),
                       .variant = Variant::alloc_percpu_sized,
                       .size = unit_size}));
    relative = describe(large.back()->id());
    EXPECT_TRUE(relative.is_percpu());
  }
  EXPECT_TRUE(relative.is_apart());
  EXPECT_EQ(relative.percpu_pointer, 0U);
  std::size_t at_zero = 0;
  for (const Counter& counter : device.counters()) {
    if (!counter.is_percpu() || counter.is_apart()) continue;
    at_zero += counter.percpu_pointer == 0 ? 1 : 0;
  }
  EXPECT_EQ(at_zero, 1U) << "the lowest static counter alone";
  for (const Counter& counter : device.counters(Addresses::raw)) {
    EXPECT_FALSE(counter.is_apart()) << counter.name;
    EXPECT_EQ(counter.percpu_pointer != 0, counter.is_percpu()) << counter.name;
  }
}

TEST_F(Identity, OffsetsAreApartRawAsRelative) {
  const std::vector<Cpu> raw = device.cpus(Addresses::raw);
  ASSERT_EQ(raw.size(), catalogue.cpus.size());
  EXPECT_EQ(catalogue.cpus[0].offset, 0U);
  const std::uint64_t mask =
      catalogue.info.bits_per_long == 64 ? UINT64_MAX : std::uint64_t{UINT32_MAX};
  std::map<std::uint64_t, std::uint32_t> seen;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    EXPECT_EQ(raw[i].number, catalogue.cpus[i].number);
    EXPECT_EQ((raw[i].offset - raw[0].offset) & mask, catalogue.cpus[i].offset);
    EXPECT_TRUE(seen.emplace(raw[i].offset, raw[i].number).second)
        << "two CPUs have the same offset";
  }
}

TEST_F(Identity, DebugfsOffsetsAgree) {
  const std::vector<Cpu> raw = device.cpus(Addresses::raw);
  const std::vector<DebugfsOffset> shown = Debugfs().offsets();
  ASSERT_EQ(shown.size(), catalogue.cpus.size());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    EXPECT_EQ(shown[i].cpu, catalogue.cpus[i].number);
    EXPECT_EQ(shown[i].node, catalogue.cpus[i].node);
    EXPECT_EQ(shown[i].online, catalogue.cpus[i].online);
    EXPECT_EQ(shown[i].delta, catalogue.cpus[i].offset);
    ASSERT_TRUE(shown[i].raw.has_value()) << "root may see it";
    EXPECT_EQ(*shown[i].raw, raw[i].offset);
  }
}

TEST_F(Identity, DebugfsCopiesAgree) {
  const TemporaryCounter dynamic(
      device, {.name = "identity-dynamic", .variant = Variant::alloc_percpu_sized, .align = 64});
  for (const Counter& counter : device.counters()) {
    SCOPED_TRACE(counter.name);
    const std::vector<Copy> relative = device.copies(counter.id);
    const std::vector<Copy> raw = device.copies(counter.id, Addresses::raw);
    const auto lines = words_of(Debugfs().read("counter/" + counter.name + "/copies"));
    ASSERT_EQ(lines.size(), relative.size() + 1);
    EXPECT_EQ(lines[0], (std::vector<std::string>{"cpu", "node", "delta", "raw"}));
    for (std::size_t i = 0; i < relative.size(); ++i) {
      const std::vector<std::string>& line = lines[i + 1];
      ASSERT_EQ(line.size(), 4U);
      EXPECT_EQ(to_number(line[0]), relative[i].cpu);
      EXPECT_EQ(line[1], std::to_string(relative[i].node));
      EXPECT_EQ(to_number(line[2]), relative[i].address);
      EXPECT_EQ(to_number(line[3]), raw[i].address);
    }
  }
}

}  // namespace
}  // namespace percpu_scope::guest
