// SPDX-License-Identifier: GPL-2.0-only
//
// InspectMemory: kernel memory by address, which needs no BTF. Held against what
// the module says of its own memory, and against /proc.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>

#include "inspect/catalogue/catalogue.hpp"
#include "inspect/error.hpp"
#include "inspect/kernel/cpus.hpp"
#include "inspect/kernel/symbols.hpp"
#include "inspect/read/memory_reader.hpp"
#include "inspect/read/offsets.hpp"
#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

using inspect::MemoryReader;
using inspect::Range;

// Data is listed only with CONFIG_KALLSYMS_ALL.
std::optional<std::uint64_t> address_of_data(const std::string& name) {
  const inspect::SymbolName symbol{std::string(inspect::kernel_name), name};
  return inspect::Symbols::load(std::span(&symbol, 1)).find(symbol);
}

// Where the kernel's code begins: memory that everyone lists and nobody writes.
std::uint64_t start_of_code() {
  for (const std::vector<std::string>& line : words_of(read_file("/proc/kallsyms")))
    if (line.size() == 3 && line[2] == "_stext") return to_number("0x" + line[0]);
  throw std::runtime_error("/proc/kallsyms has no _stext");
}

std::optional<inspect::Problem> problem_of_offsets() {
  try {
    (void)inspect::per_cpu_offsets(inspect::possible_cpus());
  } catch (const inspect::InspectError& error) {
    EXPECT_FALSE(error.remedy().empty()) << error.what();
    return error.problem();
  }
  return std::nullopt;
}

std::string copy_text(const inspect::Copy& copy) {
  std::string text(copy.bytes.size(), '\0');
  std::memcpy(text.data(), copy.bytes.data(), text.size());
  return text;
}

class InspectMemory : public DeviceTest {};

TEST_F(InspectMemory, OffsetsAreTheModules) {
  const std::vector<Cpu> cpus = device.cpus(Addresses::raw);
  const std::vector<std::uint32_t> possible = inspect::possible_cpus();
  ASSERT_EQ(possible.size(), cpus.size());
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    EXPECT_EQ(possible[i], cpus[i].number);
    EXPECT_EQ(inspect::node_of(possible[i]), static_cast<std::int32_t>(cpus[i].node));
  }
  if (!address_of_data("__per_cpu_offset")) {
    EXPECT_EQ(problem_of_offsets(), inspect::Problem::no_address);
    return;
  }
  const std::vector<std::uint64_t> offsets = inspect::per_cpu_offsets(possible);
  ASSERT_EQ(offsets.size(), cpus.size());
  for (std::size_t i = 0; i < cpus.size(); ++i) EXPECT_EQ(offsets[i], cpus[i].offset);
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

// More ranges than one run takes, at every alignment, short and long; over a MiB in all:
// several elements of the output.
TEST_F(InspectMemory, ManyRangesAgreeWithOneLarge) {
  const std::uint64_t code = start_of_code();
  constexpr std::uint64_t large = 40000;
  std::vector<Range> ranges{{code, large}};
  for (std::size_t i = 0; i < 500; ++i) ranges.push_back({code + i, 1 + i % 32});
  for (std::size_t i = 0; i < 40; ++i) ranges.push_back({code + i, large - i});
  // At once, and in parts, as what is more than a GiB.
  for (const std::uint64_t most : {inspect::largest_part, std::uint64_t{300'000}}) {
    MemoryReader reader(ranges, most);
    EXPECT_EQ(reader.parts() > 1, most != inspect::largest_part);
    reader.read();
    ASSERT_TRUE(reader.copy(0).read);
    const std::string whole = copy_text(reader.copy(0));
    EXPECT_GT(std::count_if(whole.begin(), whole.end(), [](char byte) { return byte != 0; }),
              10000);
    for (std::size_t i = 1; i < ranges.size(); ++i) {
      ASSERT_TRUE(reader.copy(i).read) << i;
      EXPECT_EQ(copy_text(reader.copy(i)), whole.substr(ranges[i].address - code, ranges[i].size))
          << i;
    }
    const std::size_t last = ranges.size() - 1;
    reader.set_address(last, code + 1);
    reader.read();
    EXPECT_EQ(copy_text(reader.copy(last)), whole.substr(1, ranges[last].size));
  }
}

TEST_F(InspectMemory, WhatIsNotThereIsNotRead) {
  const std::uint64_t code = start_of_code();
  const Range ranges[] = {{0, 8}, {code, 5}, {16, 5000}, {code, 20}};
  MemoryReader reader(ranges);
  EXPECT_FALSE(reader.copy(1).read) << "nothing was read yet";
  reader.read();
  EXPECT_FALSE(reader.copy(0).read);
  EXPECT_FALSE(reader.copy(2).read);
  ASSERT_TRUE(reader.copy(1).read && reader.copy(3).read);
  EXPECT_EQ(copy_text(reader.copy(1)), copy_text(reader.copy(3)).substr(0, 5));
  reader.set_address(1, code + 6);
  reader.read();
  EXPECT_EQ(copy_text(reader.copy(1)), copy_text(reader.copy(3)).substr(6, 5));
}

TEST_F(InspectMemory, KernelsBanner) {
  const std::optional<std::uint64_t> banner = address_of_data("linux_banner");
  if (!banner) GTEST_SKIP() << "this kernel lists no data symbols";
  const std::string version = read_file("/proc/version");
  const Range range{*banner, version.size()};
  MemoryReader reader(std::span(&range, 1));
  reader.read();
  EXPECT_EQ(copy_text(reader.copy(0)), version);
}

TEST_F(InspectMemory, NobodyIsTold) {
  in_child([] {
    become_nobody();
    EXPECT_EQ(problem_of_offsets(), inspect::Problem::no_permission);
  });
}

TEST_F(InspectMemory, HiddenSymbolsAreTold) {
  const Sysctl hidden("/proc/sys/kernel/kptr_restrict", "2");
  EXPECT_EQ(problem_of_offsets(), inspect::Problem::hidden_symbols);
}

}  // namespace
}  // namespace percpu_scope::guest
