// SPDX-License-Identifier: GPL-2.0-only
//
// InspectMemory: kernel memory by address, which needs no BTF. Held against what
// the module says of its own memory, and against /proc.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "device_test.hpp"
#include "inspect/error.hpp"
#include "inspect/reader.hpp"

namespace percpu_scope::guest {
namespace {

using inspect::MemoryReader;
using inspect::Range;

std::uint64_t address_of(const std::string& name) {
  const inspect::SymbolName symbol{std::string(inspect::kernel_name), name};
  return inspect::Symbols::load(std::span(&symbol, 1)).find(symbol).value();
}

std::string text_of(const inspect::Copy& copy) {
  std::string text(copy.bytes.size(), '\0');
  std::memcpy(text.data(), copy.bytes.data(), text.size());
  return text;
}

class InspectMemory : public DeviceTest {};

TEST_F(InspectMemory, OffsetsAreTheModules) {
  const std::vector<Cpu> cpus = device.cpus(Addresses::raw);
  const std::vector<std::uint32_t> possible = inspect::possible_cpus();
  const std::vector<std::uint64_t> offsets = inspect::per_cpu_offsets(possible);
  ASSERT_EQ(offsets.size(), cpus.size());
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    EXPECT_EQ(possible[i], cpus[i].number);
    EXPECT_EQ(offsets[i], cpus[i].offset);
    EXPECT_EQ(inspect::node_of(possible[i]), static_cast<std::int32_t>(cpus[i].node));
  }
}

TEST_F(InspectMemory, EveryCopyOfADynamicCounter) {
  const TemporaryCounter counter(device, {.name = "inspect.memory"});
  const std::vector<inspect::Range> ranges = [&] {
    std::vector<inspect::Range> found;
    for (const Copy& copy : device.copies(counter.id(), Addresses::raw))
      found.push_back({copy.address, sizeof(std::uint64_t)});
    return found;
  }();
  const std::vector<CounterId> ids{counter.id()};
  MemoryReader reader(ranges);
  for (std::uint64_t round = 1; round <= 3; ++round) {
    for (const std::uint32_t cpu : catalogue.online)
      (void)hammer_on(device, cpu,
                      {.counter = counter.id(),
                       .idiom = catalogue.idiom_for(Storage::u64).id,
                       .updates = 1000 * round + cpu});
    reader.read();
    const Snapshot snapshot = device.snapshot(ids);
    for (std::size_t cpu = 0; cpu < ranges.size(); ++cpu) {
      const inspect::Copy copy = reader.copy(cpu);
      ASSERT_TRUE(copy.read);
      std::uint64_t value = 0;
      std::memcpy(&value, copy.bytes.data(), sizeof(value));
      EXPECT_EQ(value, snapshot.value(counter.id(), 0, cpu));
      EXPECT_GT(value, 0U);
    }
  }
}

// More ranges than one run takes, at every alignment, short and long.
TEST_F(InspectMemory, ManyRangesAgreeWithOneLarge) {
  const std::uint64_t banner = address_of("linux_banner");
  const std::string version = read_file("/proc/version");
  std::vector<Range> ranges{{banner, version.size()}};
  for (std::size_t i = 0; i + 3 <= version.size(); ++i) ranges.push_back({banner + i, 3});
  for (std::size_t i = 0; i < 500; ++i) ranges.push_back({banner + i % 16, 16 + i % 32});
  const std::uint64_t start = banner & ~std::uint64_t{0xfff};
  // Over a MiB in all: several elements of the output. In the kernel's read-only data.
  constexpr std::uint64_t large = 40000;
  const std::uint64_t within = banner - start;
  const std::size_t first_large = ranges.size();
  for (std::size_t i = 0; i < 40; ++i) ranges.push_back({start + i, large});
  MemoryReader reader(ranges);
  reader.read();
  const std::string whole = text_of(reader.copy(0));
  EXPECT_EQ(whole, version);
  for (std::size_t i = 1; i < first_large; ++i) {
    ASSERT_TRUE(reader.copy(i).read) << i;
    const std::size_t place = ranges[i].address - banner;
    const std::string text = text_of(reader.copy(i));
    if (place + text.size() <= whole.size()) {
      EXPECT_EQ(text, whole.substr(place, text.size())) << i;
    }
  }
  const std::string first = text_of(reader.copy(first_large));
  ASSERT_EQ(first.size(), large);
  EXPECT_EQ(first.substr(within, version.size()), version);
  for (std::size_t i = 1; i < 40; ++i) {
    ASSERT_TRUE(reader.copy(first_large + i).read) << i;
    EXPECT_EQ(text_of(reader.copy(first_large + i)).substr(0, large - i), first.substr(i)) << i;
  }
}

TEST_F(InspectMemory, WhatIsNotThereIsNotRead) {
  const std::uint64_t banner = address_of("linux_banner");
  const Range ranges[] = {{0, 8}, {banner, 5}, {16, 5000}};
  MemoryReader reader(ranges);
  EXPECT_FALSE(reader.copy(1).read) << "nothing was read yet";
  reader.read();
  EXPECT_FALSE(reader.copy(0).read);
  EXPECT_FALSE(reader.copy(2).read);
  ASSERT_TRUE(reader.copy(1).read);
  EXPECT_EQ(text_of(reader.copy(1)), "Linux");
  reader.set_address(1, banner + 6);
  reader.read();
  EXPECT_EQ(text_of(reader.copy(1)), "versi");
}

TEST_F(InspectMemory, NobodyIsTold) {
  in_child([] {
    become_nobody();
    std::optional<inspect::Problem> problem;
    try {
      (void)inspect::per_cpu_offsets(inspect::possible_cpus());
    } catch (const inspect::InspectError& error) {
      problem = error.problem();
      EXPECT_FALSE(error.remedy().empty()) << error.what();
    }
    EXPECT_EQ(problem, inspect::Problem::no_permission);
  });
}

TEST_F(InspectMemory, HiddenSymbolsAreTold) {
  const Sysctl hidden("/proc/sys/kernel/kptr_restrict", "2");
  std::optional<inspect::Problem> problem;
  try {
    (void)inspect::per_cpu_offsets(inspect::possible_cpus());
  } catch (const inspect::InspectError& error) {
    problem = error.problem();
  }
  EXPECT_EQ(problem, inspect::Problem::hidden_symbols);
}

}  // namespace
}  // namespace percpu_scope::guest
