// SPDX-License-Identifier: GPL-2.0-only
//
// InspectReader: per-CPU variables by name, both ways. Held against what the kernel
// must have in them, against the module's own reading, and against each other.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <string>

#include "cpu_number.hpp"
#include "device_test.hpp"
#include "inspect/btf/field_path.hpp"
#include "inspect/btf/struct_walk.hpp"
#include "inspect/error.hpp"
#include "inspect/kernel/cpus.hpp"
#include "inspect/kernel/symbols.hpp"
#include "inspect/read/offsets.hpp"
#include "inspect/read/reader.hpp"
#include "module.hpp"

namespace percpu_scope::guest {
namespace {

using inspect::InspectError;
using inspect::Method;
using inspect::Problem;
using inspect::Reader;
using inspect::Variable;
using inspect::Wanted;

constexpr Method both[] = {Method::generic, Method::typed};

std::uint64_t number_in(const inspect::Copy& copy) {
  std::uint64_t number = 0;
  std::memcpy(&number, copy.bytes.data(), std::min(copy.bytes.size(), sizeof(number)));
  return number;
}

// What the call ended in; empty if it succeeded. Its sentence and remedy must not be.
template <typename Call>
std::optional<Problem> problem_of(const Call& call) {
  try {
    call();
  } catch (const InspectError& error) {
    EXPECT_STRNE(error.what(), "");
    return error.problem();
  }
  return std::nullopt;
}

class InspectReader : public DeviceTest {
 public:
  void SetUp() override {
    if (const std::string why = why_unreadable(); !why.empty()) GTEST_SKIP() << why;
    variables_ = inspect::Catalogue::load();
    cpus = inspect::possible_cpus();
  }

  [[nodiscard]] const inspect::Catalogue& variables() const { return *variables_; }
  [[nodiscard]] Wanted whole(const std::string& name, const std::string& module = {}) const {
    const Variable& variable = variables().find(name, module);
    return {&variable, 0, variable.size};
  }
  [[nodiscard]] std::unique_ptr<Reader> reader(std::span<const Wanted> wanted,
                                               Method method) const {
    return inspect::make_reader(variables(), wanted, cpus, method);
  }
  [[nodiscard]] std::vector<Wanted> all() const {
    std::vector<Wanted> wanted;
    for (const Variable& variable : variables().variables())
      if (variable.size != 0) wanted.push_back({&variable, 0, variable.size});
    return wanted;
  }

  std::vector<std::uint32_t> cpus;

 private:
  std::optional<inspect::Catalogue> variables_;
};

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

// A copy as two generic readings and the typed one between them saw it.
enum class Movement { moving, same, different };

Movement compare(const Variable& variable, const inspect::Copy& before, const inspect::Copy& typed,
                 const inspect::Copy& after) {
  if (!std::equal(before.bytes.begin(), before.bytes.end(), after.bytes.begin()))
    return Movement::moving;
  // Padding apart, which typed loads do not reach.
  for (const inspect::Load& load :
       inspect::plan_loads(*variable.btf, variable.type, 0, variable.size).loads)
    if (std::memcmp(before.bytes.data() + load.offset, typed.bytes.data() + load.offset,
                    load.size) != 0)
      return Movement::different;
  return Movement::same;
}

// Of every variable of kernel and modules. What moves may be the same before and after
// and not between, so only what is never seen alike is a fault.
TEST_F(InspectReader, BothWaysAgreeOnWhatIsQuiet) {
  const std::vector<Wanted> wanted = every_nth(all(), slowness());
  const auto before = reader(wanted, Method::generic);
  const auto typed = reader(wanted, Method::typed);
  const auto after = reader(wanted, Method::generic);
  std::map<std::pair<std::size_t, std::size_t>, Movement> seen;
  std::string unread;
  std::size_t not_typed = 0;
  for (int round = 0; round < 10; ++round) {
    before->read();
    typed->read();
    after->read();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const Variable& variable = *wanted[i].variable;
      if (!typed->copy(i, 0).read) {
        if (round == 0) unread += " " + variable.name;
        if (round == 0) ++not_typed;
        continue;
      }
      // Entering a system call keeps the stack pointer in its free slot.
      if (variable.name == "cpu_tss_rw") continue;
      for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
        ASSERT_TRUE(before->copy(i, cpu).read && after->copy(i, cpu).read) << variable.name;
        Movement& best = seen.try_emplace({i, cpu}, Movement::moving).first->second;
        if (best == Movement::same) continue;
        const Movement now =
            compare(variable, before->copy(i, cpu), typed->copy(i, cpu), after->copy(i, cpu));
        if (now != Movement::moving) best = now;
      }
    }
  }
  std::size_t same = 0;
  for (const auto& [place, result] : seen) {
    same += result == Movement::same ? 1 : 0;
    EXPECT_NE(result, Movement::different)
        << wanted[place.first].variable->name << " on CPU " << cpus[place.second];
  }
  RecordProperty("same", std::to_string(same) + " of " + std::to_string(seen.size()));
  RecordProperty("not_typed", std::to_string(not_typed) + ":" + unread);
  EXPECT_GT(same, seen.size() / 2) << "most are quiet on an idle machine";
  EXPECT_LT(not_typed, wanted.size() / 10) << unread;
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

TEST_F(InspectReader, ModulesCountersComeBack) {
  std::map<Method, std::size_t> read;
  for (std::size_t i = 0; i < catalogue.counters.size(); ++i) {
    const Counter& counter = catalogue.counters[i];
    if (!counter.is_percpu()) continue;
    device.reset(counter.id);
    for (const std::uint32_t cpu : catalogue.online)
      (void)hammer_on(device, cpu,
                      {.counter = counter.id,
                       .idiom = catalogue.idiom_for(counter.storage).id,
                       .updates = 100 + 10 * i + std::uint64_t{7} * cpu});
    // Each field as a part of its variable: by the path that C would take.
    const Variable& variable = variables().find("pscope_" + counter.name, "percpu_scope");
    std::vector<Wanted> wanted;
    for (const Field& field : counter.fields) {
      inspect::Request request;
      if (counter.fields.size() > 1) request.steps.emplace_back(field.name);
      const inspect::Place place = inspect::resolve(*variable.btf, variable.type, request);
      wanted.push_back({&variable, place.offset, place.size});
    }
    const std::vector<CounterId> ids{counter.id};
    const Snapshot snapshot = device.snapshot(ids);
    for (const Method method : both) {
      std::unique_ptr<Reader> reads;
      try {
        reads = reader(wanted, method);
      } catch (const InspectError& error) {
        // Up to 6.3 the verifier does not look through a typedef of a struct.
        EXPECT_TRUE(method == Method::typed && counter.storage == Storage::local64 &&
                    error.problem() == Problem::unsupported)
            << counter.name << ": " << error.what();
        continue;
      }
      reads->read();
      ++read[method];
      for (std::size_t field = 0; field < wanted.size(); ++field)
        for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
          ASSERT_TRUE(reads->copy(field, cpu).read) << counter.name;
          EXPECT_EQ(number_in(reads->copy(field, cpu)), snapshot.value(counter.id, field, cpu))
              << counter.name << " field " << field << " " << to_string(method);
          EXPECT_GT(snapshot.value(counter.id, field, cpu), 0U);
        }
    }
  }
  // Each variant (five, six before 7.3), and each other per-CPU storage.
  EXPECT_GE(read[Method::generic], 8U);
  EXPECT_GE(read[Method::typed], 7U);
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

TEST_F(InspectReader, ModuleOfTheDistribution) {
  ASSERT_EQ(load_module_file(std::string(stock_modules) + "drop_monitor.ko"), Errno{});
  const inspect::Catalogue loaded = inspect::Catalogue::load();
  std::vector<Wanted> wanted;
  for (const Variable& variable : loaded.variables())
    if (variable.module == "drop_monitor") wanted.push_back({&variable, 0, variable.size});
  EXPECT_GE(wanted.size(), 2U);
  {
    // The typed reader holds on to the module while it is there.
    const auto generic = inspect::make_reader(loaded, wanted, cpus, Method::generic);
    std::unique_ptr<Reader> typed;
    try {
      typed = inspect::make_reader(loaded, wanted, cpus, Method::typed);
    } catch (const InspectError& error) {
      // What lockdep adds to a lock has members that BPF programs may not read.
      EXPECT_EQ(error.problem(), Problem::unsupported) << error.what();
      EXPECT_EQ(unload_module("drop_monitor"), Errno{});
      GTEST_SKIP() << error.what();
    }
    EXPECT_EQ(unload_module("drop_monitor"), Errno{EWOULDBLOCK});
    generic->read();
    typed->read();
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const Variable& variable = *wanted[i].variable;
      for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
        ASSERT_TRUE(generic->copy(i, cpu).read && typed->copy(i, cpu).read) << variable.name;
        for (const inspect::Load& load :
             inspect::plan_loads(*variable.btf, variable.type, 0, variable.size).loads) {
          EXPECT_EQ(std::memcmp(generic->copy(i, cpu).bytes.data() + load.offset,
                                typed->copy(i, cpu).bytes.data() + load.offset, load.size),
                    0)
              << variable.name << " at " << load.offset;
          bytes += load.size;
        }
        // It initialises each copy: a lock, a work item with its function, a queue.
        const auto copy = generic->copy(i, cpu).bytes;
        EXPECT_TRUE(std::any_of(copy.begin(), copy.end(), [](std::byte byte) {
          return byte != std::byte{0};
        })) << variable.name;
      }
    }
    EXPECT_GT(bytes, 0U);
  }
  // A program goes away when its last user has, in a work item.
  EXPECT_TRUE(eventually([] { return unload_module("drop_monitor") == Errno{}; }));
  for (const Method method : both)
    EXPECT_EQ(problem_of([&] { (void)inspect::make_reader(loaded, wanted, cpus, method); }),
              Problem::no_address)
        << to_string(method);
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
