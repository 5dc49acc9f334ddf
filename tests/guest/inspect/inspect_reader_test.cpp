// SPDX-License-Identifier: GPL-2.0-only
//
// InspectReader: per-CPU variables by name, both ways: what must be in some of them, what
// cannot be asked for, who is told, and what it costs.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "inspect/inspect_fixture.hpp"
#include "inspect/kernel/cpus.hpp"
#include "inspect/kernel/symbols.hpp"
#include "inspect/read/offsets.hpp"
#include "inspect/read/reader.hpp"
#include "support/cpu_number.hpp"

namespace percpu_scope::guest {
namespace {

// On kernels of every kind: why nothing is read is told as it is.
TEST(InspectSymbols, AreWantedForReading) {
  const auto read = [](Method method) {
    return problem_of([&] {
      const auto catalogue = inspect::Catalogue::load();
      const auto& variables = catalogue.variables();
      const auto first = std::find_if(variables.begin(), variables.end(),
                                      [](const Variable& variable) { return variable.size != 0; });
      ASSERT_NE(first, variables.end());
      const Wanted wanted[] = {{&*first, 0, first->size}};
      (void)inspect::make_reader(catalogue, wanted, inspect::possible_cpus(), method);
    });
  };
  std::optional<Problem> expected;
  if (!path_exists("/sys/kernel/btf/vmlinux"))
    expected = Problem::no_btf;
  else if (!lists_data_symbols())
    expected = Problem::no_address;
  for (const Method method : both) EXPECT_EQ(read(method), expected) << to_string(method);
}

TEST_F(InspectReader, CpuNumberIsTheCpu) {
  const Wanted wanted[] = {cpu_number_of(variables())};
  for (const Method method : both) {
    const auto reads = reader(wanted, method);
    EXPECT_EQ(reads->method(), method);
    reads->read();
    for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
      ASSERT_TRUE(reads->copy(0, cpu).read) << to_string(method);
      EXPECT_EQ(number_in(reads->copy(0, cpu)), cpus[cpu]) << to_string(method);
    }
  }
}

TEST_F(InspectReader, ThisCpuOffIsTheOffset) {
  const Wanted wanted[] = {whole("this_cpu_off")};
  const std::vector<std::uint64_t> offsets = inspect::per_cpu_offsets(cpus);
  for (const Method method : both) {
    const auto reads = reader(wanted, method);
    reads->read();
    for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu)
      EXPECT_EQ(number_in(reads->copy(0, cpu)), offsets[cpu]) << to_string(method);
  }
}

TEST_F(InspectReader, AutomaticIsGenericHere) {
  const Wanted wanted[] = {cpu_number_of(variables())};
  EXPECT_EQ(reader(wanted, Method::automatic)->method(), Method::generic);
  // The typed way needs no addresses.
  const Sysctl hidden("/proc/sys/kernel/kptr_restrict", "2");
  EXPECT_EQ(reader(wanted, Method::automatic)->method(), Method::typed);
  EXPECT_EQ(problem_of([&] { (void)reader(wanted, Method::generic); }), Problem::hidden_symbols);
}

// Two data symbols of the kernel are called cleanup_list.
TEST_F(InspectReader, SharedNameIsToldApartOrRefused) {
  if (std::none_of(variables().variables().begin(), variables().variables().end(),
                   [](const Variable& variable) { return variable.name == "cleanup_list"; }))
    GTEST_SKIP() << "this kernel does not have it";
  const Wanted wanted[] = {whole("cleanup_list"), cpu_number_of(variables())};
  const inspect::SymbolName name{std::string(inspect::kernel_name), "cleanup_list"};
  if (problem_of([&] { (void)inspect::Symbols::load(std::span(&name, 1)).find(name); }) !=
      Problem::bad_request)
    GTEST_SKIP() << "this kernel has it once";
  const auto generic = reader(wanted, Method::generic);
  generic->read();
  const auto typed = reader(wanted, Method::typed);
  typed->read();
  for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
    EXPECT_TRUE(generic->copy(0, cpu).read);
    EXPECT_EQ(number_in(generic->copy(1, cpu)), cpus[cpu]);
    EXPECT_FALSE(typed->copy(0, cpu).read);
    EXPECT_EQ(number_in(typed->copy(1, cpu)), cpus[cpu]);
  }
  EXPECT_EQ(problem_of([&] { (void)reader(std::span(wanted, 1), Method::typed); }),
            Problem::unsupported);
}

TEST_F(InspectReader, ReadsAnew) {
  const Counter& counter = catalogue.counter("plain");
  device.reset(counter.id);
  const Wanted wanted[] = {whole("pscope_plain")};
  const std::uint32_t cpu = catalogue.online.front();
  for (const Method method : both) {
    const auto reads = reader(wanted, method);
    for (int round = 0; round < 3; ++round) {
      (void)hammer_on(
          device, cpu,
          {.counter = counter.id, .idiom = catalogue.idiom_for(Storage::u64).id, .updates = 1000});
      reads->read();
      EXPECT_EQ(number_in(reads->copy(0, catalogue.place_of(cpu))), sum(counter.id));
    }
  }
}

TEST_F(InspectReader, WhatCannotBeAskedFor) {
  const Wanted number = whole("this_cpu_off");
  const auto refused = [&](std::vector<Wanted> wanted, std::vector<std::uint32_t> on) {
    return problem_of([&] { (void)inspect::make_reader(variables(), wanted, on); });
  };
  EXPECT_EQ(refused({number}, {100000}), Problem::bad_request);
  EXPECT_EQ(refused({number}, {}), Problem::bad_request);
  EXPECT_EQ(refused({}, cpus), Problem::bad_request);
  EXPECT_EQ(refused({{number.variable, 0, number.size + 1}}, cpus), Problem::bad_request);
  EXPECT_EQ(refused({{number.variable, ~std::uint64_t{0}, 2}}, cpus), Problem::bad_request);
  EXPECT_EQ(refused({{number.variable, 0, 0}}, cpus), Problem::bad_request);
  EXPECT_EQ(refused({number}, cpus), std::nullopt);
}

TEST_F(InspectReader, NobodyIsTold) {
  const Wanted wanted[] = {cpu_number_of(variables())};
  in_child([&] {
    become_nobody();
    for (const Method method : {Method::automatic, Method::generic, Method::typed})
      EXPECT_EQ(problem_of([&] { (void)reader(wanted, method); }), Problem::no_permission)
          << to_string(method);
  });
}

TEST_F(InspectReader, HundredVariablesAtTenHertzAreCheap) {
  std::vector<Wanted> wanted = all();
  std::erase_if(wanted, [](const Wanted& part) { return part.size > 64; });
  ASSERT_GE(wanted.size(), 100U);
  wanted.resize(100);
  const auto reads = reader(wanted, Method::generic);
  reads->read();
  const auto cpu_time = [] {
    rusage usage{};
    EXPECT_EQ(::getrusage(RUSAGE_THREAD, &usage), 0);
    return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  const auto start = cpu_time();
  constexpr int rounds = 200;
  for (int i = 0; i < rounds; ++i) reads->read();
  const std::chrono::microseconds each = (cpu_time() - start) / rounds;
  RecordProperty("microseconds_per_read", std::to_string(each.count()));
  // 2 % of a CPU.
  EXPECT_LT(each, std::chrono::microseconds(2000) * slowness());
}

}  // namespace
}  // namespace percpu_scope::guest
