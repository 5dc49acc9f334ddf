// SPDX-License-Identifier: GPL-2.0-only
//
// Var: pcpu's view of per-CPU variables against the module's own, and what it says
// where it cannot see. Against the kernel's own: var_kernel_test.cpp.
#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <random>

#include "module.hpp"
#include "var_fixture.hpp"

namespace percpu_scope::guest {
namespace {

class Var : public VarTest {
 public:
  static std::string type_of(Storage storage) {
    switch (storage) {
      case Storage::u64:
        return "u64";
      case Storage::local64:
        return "local64_t";
      case Storage::u64_stats:
        return "struct pscope_stats_group";
      case Storage::seqcount:
        return "struct pscope_seqcount_group";
      default:
        throw std::runtime_error("no per-CPU storage");
    }
  }

  // The reading of one counter through BPF: a static one by name, a dynamic one by
  // its pointer.
  [[nodiscard]] static nlohmann::json reading_of(const Counter& counter) {
    if (counter.origin == Origin::static_)
      return only({"var", "read", "percpu_scope::pscope_" + counter.name});
    return only({"var", "ptr", "--module", "percpu_scope", pointer_to(counter)});
  }
  // What pcpu var ptr takes.
  [[nodiscard]] static std::string pointer_to(const Counter& counter) {
    std::array<char, 32> pointer{};
    (void)std::snprintf(pointer.data(), pointer.size(), "0x%llx",
                        static_cast<unsigned long long>(counter.percpu_pointer));
    return std::string(pointer.data()) + "=" + type_of(counter.storage);
  }

  void expect_agreement(const Counter& counter, const nlohmann::json& reading) const {
    const std::array ids{counter.id};
    const Snapshot snapshot = device.snapshot(ids);
    std::size_t lines = 0;
    for (const DebugfsValues& line : Debugfs().values()) {
      if (line.counter != counter.name) continue;
      ++lines;
      const auto field = std::find_if(counter.fields.begin(), counter.fields.end(),
                                      [&](const Field& one) { return one.name == line.field; });
      ASSERT_NE(field, counter.fields.end()) << line.field;
      for (std::size_t cpu = 0; cpu < catalogue.cpus.size(); ++cpu) {
        const nlohmann::json& value =
            reading.at("values").at(std::to_string(catalogue.cpus[cpu].number));
        const std::uint64_t seen = number_in(value, line.field);
        EXPECT_EQ(seen, line.values[cpu]) << line.field << " on CPU " << cpu;
        EXPECT_EQ(seen,
                  snapshot.value(counter.id,
                                 static_cast<std::size_t>(field - counter.fields.begin()), cpu))
            << line.field << " on CPU " << cpu;
      }
    }
    EXPECT_EQ(lines, counter.fields.size()) << "debugfs has other fields";
  }

  // Every static per-CPU counter, and a dynamic one of each per-CPU storage.
  template <typename Body>
  void for_each_counter(const Body& body) {
    for (const Storage storage :
         {Storage::u64, Storage::local64, Storage::u64_stats, Storage::seqcount}) {
      const TemporaryCounter temporary(
          device, {.name = "var." + std::string(to_string(storage)), .storage = storage});
      for (const Counter& counter : device.counters(Addresses::raw))
        if (counter.is_percpu() &&
            (counter.id == temporary.id() ||
             (counter.origin == Origin::static_ && counter.storage == storage))) {
          SCOPED_TRACE(counter.name);
          body(counter);
        }
    }
  }
};

TEST_F(Var, EveryCounterAgrees) {
  std::size_t counters = 0;
  for_each_counter([&](const Counter& counter) {
    device.reset(counter.id);
    for (std::size_t cpu = 0; cpu < catalogue.online.size(); ++cpu)
      (void)hammer_on(device, catalogue.online[cpu],
                      {.counter = counter.id,
                       .idiom = catalogue.idiom_for(counter.storage).id,
                       .updates = 100 + counters * 10 + cpu});
    expect_agreement(counter, reading_of(counter));
    ++counters;
  });
  EXPECT_GE(counters, 12U);
}

TEST_F(Var, RandomPatternsComeBack) {
  std::mt19937 random(testing::UnitTest::GetInstance()->random_seed());
  std::uniform_int_distribution<std::uint64_t> updates(1, 100'000);
  for_each_counter([&](const Counter& counter) {
    device.reset(counter.id);
    for (const std::uint32_t cpu : catalogue.online)
      (void)hammer_on(device, cpu,
                      {.counter = counter.id,
                       .idiom = catalogue.pattern_idiom_for(counter.storage).id,
                       .updates = updates(random)});
    const nlohmann::json reading = reading_of(counter);
    expect_agreement(counter, reading);
    for (const std::uint32_t cpu : catalogue.online)
      EXPECT_NE(number_in(reading.at("values").at(std::to_string(cpu)), counter.fields[0].name),
                0U);
  });
}

TEST_F(Var, BothMethodsAgree) {
  const std::string name = "percpu_scope::pscope_stats";
  const nlohmann::json generic = document({"var", "read", name, "--method", "generic"});
  const nlohmann::json typed = document({"var", "read", name, "--method", "typed"});
  EXPECT_EQ(generic.at("method"), "generic");
  EXPECT_EQ(typed.at("method"), "typed");
  EXPECT_EQ(generic.at("variables"), typed.at("variables"));
}

TEST_F(Var, PathsAndCpus) {
  const std::uint32_t last = catalogue.cpus.back().number;
  const nlohmann::json whole = only({"var", "read", "kernel_cpustat"});
  const nlohmann::json part =
      only({"var", "read", "kernel_cpustat.cpustat[3]:" + std::to_string(last)});
  EXPECT_EQ(part.at("path"), "cpustat[3]");
  EXPECT_EQ(part.at("size"), 8);
  ASSERT_EQ(part.at("values").size(), 1U);
  // It only grows, and was read later.
  EXPECT_GE(part.at("values").at(std::to_string(last)).get<std::uint64_t>(),
            whole.at("values").at(std::to_string(last)).at("cpustat").at(3).get<std::uint64_t>());
}

TEST_F(Var, TablesAndFlatLines) {
  const Ended table = run({"var", "read", "runqueues.cpu"});
  EXPECT_EQ(table.status, 0) << table.err;
  const auto lines = words_of(table.out);
  ASSERT_EQ(lines.size(), 2U) << table.out;
  for (std::size_t i = 0; i < catalogue.cpus.size(); ++i) {
    EXPECT_EQ(lines[0].at(i + 1), "cpu" + std::to_string(catalogue.cpus[i].number));
    EXPECT_EQ(lines[1].at(i + 1), std::to_string(catalogue.cpus[i].number));
  }
  std::string expected;
  for (const Cpu& cpu : catalogue.cpus)
    expected +=
        "runqueues.cpu:" + std::to_string(cpu.number) + "=" + std::to_string(cpu.number) + "\n";
  EXPECT_EQ(run({"var", "read", "--flat", "runqueues.cpu:a"}).out, expected);
}

bool has_key(const nlohmann::json& document, const std::string& key) {
  if (document.is_object() && document.contains(key)) return true;
  return document.is_structured() &&
         std::any_of(document.begin(), document.end(),
                     [&](const nlohmann::json& inner) { return has_key(inner, key); });
}

TEST_F(Var, AddressesOnlyWhereAskedFor) {
  struct Case {
    std::vector<std::string> words;
    const char* key;
  };
  for (const Case& one :
       {Case{{"var", "list"}, "address"}, Case{{"var", "read", "runqueues.curr"}, "address"},
        Case{{"var", "map"}, "raw"}}) {
    SCOPED_TRACE(one.words.at(1));
    const nlohmann::json without = document(one.words);
    EXPECT_FALSE(has_key(without, one.key)) << without;
    EXPECT_EQ(without.dump().find("0xffff"), std::string::npos) << without;
    std::vector<std::string> asking = one.words;
    asking.emplace_back("--addr");
    EXPECT_TRUE(has_key(document(asking), one.key));
  }
}

// What var read calls the address of a part is where var ptr reads the same.
TEST_F(Var, AddressOfAPartIsItsOwn) {
  const nlohmann::json read = only({"var", "read", "runqueues.cpu", "--addr"});
  EXPECT_NE(read.at("address"), only({"var", "read", "runqueues", "--addr"}).at("address"));
  const std::string pointer = read.at("address").get<std::string>() + "=int";
  EXPECT_EQ(only({"var", "ptr", pointer}).at("values"), read.at("values"));
}

TEST_F(Var, TablesTellAddressesToo) {
  EXPECT_EQ(run({"var", "read", "runqueues.cpu"}).out.find("address"), std::string::npos);
  const auto lines = words_of(run({"var", "read", "runqueues.cpu", "--addr"}).out);
  EXPECT_EQ(lines.at(0).back(), "address");
  EXPECT_EQ(lines.at(1).back(), only({"var", "read", "runqueues.cpu", "--addr"}).at("address"));
}

TEST_F(Var, PointersThatPointNowhere) {
  const std::vector<std::string> words{"var", "ptr", "0x8000000000000000=long"};
  const Ended outcome = run(words);
  EXPECT_EQ(outcome.status, 1) << outcome.out;
  EXPECT_NE(outcome.err.find("0x8000000000000000: nothing can be read"), std::string::npos)
      << outcome.err;
  const Ended json = run({"-j", "var", "ptr", "0x8000000000000000=long"});
  EXPECT_EQ(json.status, 1);
  EXPECT_TRUE(parsed(json.out).at("variables").at(0).contains("unread")) << json.out;
}

// libbpf asks the kernel what it can by programs of its own: as many for each load.
TEST_F(Var, OneLoadForAnyNumber) {
  if (!catalogue.info.has(PERCPU_SCOPE_FEATURE_KPROBES))
    GTEST_SKIP() << "this kernel has no kprobes";
  const TemporaryCounter loads(device, {.name = "loads"});
  const auto loads_of = [&](const std::vector<std::string>& words) {
    device.reset(loads.id());
    device.count_calls(loads.id(), "bpf_check");
    EXPECT_EQ(run(words).status, 0) << words.at(2);
    EXPECT_EQ(device.stop_calls(loads.id()), 0U);
    return sum(loads.id());
  };
  const std::uint64_t one = loads_of({"var", "read", "runqueues.cpu"});
  EXPECT_GE(one, 1U);
  EXPECT_EQ(loads_of({"var", "read", "--all", "--method", "generic"}), one);
  std::vector<std::string> pointers{"var", "ptr", "--module", "percpu_scope"};
  std::vector<std::unique_ptr<TemporaryCounter>> made;
  for (const Storage storage : {Storage::u64, Storage::local64, Storage::u64_stats}) {
    made.push_back(std::make_unique<TemporaryCounter>(
        device, Create{.name = "loads." + std::string(to_string(storage)), .storage = storage}));
    const CounterId id = made.back()->id();
    for (const Counter& counter : device.counters(Addresses::raw))
      if (counter.id == id) pointers.push_back(pointer_to(counter));
  }
  if (read_file("/proc/kallsyms").find(" ip_rt_acct\n") != std::string::npos)
    pointers.emplace_back("vmlinux::ip_rt_acct=struct ip_rt_acct");
  EXPECT_EQ(loads_of(pointers), one);
  EXPECT_EQ(loads_of({"var", "watch", "runqueues.cpu", "irq_stat", "-I", "10", "-c", "5"}), one);
}

TEST_F(Var, DiffOfSavedReadings) {
  const Counter& plain = catalogue.counter("plain");
  device.reset(plain.id);
  const std::vector<std::string> words{"-j", "var", "read", "percpu_scope::pscope_plain"};
  std::ofstream("/tmp/before.json") << run(words).out;
  EXPECT_EQ(run({"var", "diff", "/tmp/before.json", "/tmp/before.json"}).status, 0);
  (void)hammer_on(
      device, catalogue.online.front(),
      {.counter = plain.id, .idiom = catalogue.idiom_for(plain.storage).id, .updates = 123});
  std::ofstream("/tmp/after.json") << run(words).out;
  const Ended outcome = run({"-j", "var", "diff", "/tmp/before.json", "/tmp/after.json"});
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  const nlohmann::json differences = parsed(outcome.out).at("differences");
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(differences[0].at("difference"), 123);
  EXPECT_EQ(differences[0].at("cpu"), catalogue.online.front());
}

// Entries of a file that have one CPU each are one variable.
TEST_F(Var, DiffOfWordsForSingleCpus) {
  if (catalogue.online.size() < 2) GTEST_SKIP() << "one CPU is online";
  const Counter& plain = catalogue.counter("plain");
  device.reset(plain.id);
  std::vector<std::string> words{"-j", "var", "read"};
  for (const std::uint32_t cpu : {catalogue.online.front(), catalogue.online.back()})
    words.push_back("percpu_scope::pscope_plain:" + std::to_string(cpu));
  std::ofstream("/tmp/before.json") << run(words).out;
  (void)hammer_on(
      device, catalogue.online.back(),
      {.counter = plain.id, .idiom = catalogue.idiom_for(plain.storage).id, .updates = 123});
  std::ofstream("/tmp/after.json") << run(words).out;
  const Ended outcome = run({"-j", "var", "diff", "/tmp/before.json", "/tmp/after.json"});
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  const nlohmann::json differences = parsed(outcome.out).at("differences");
  ASSERT_EQ(differences.size(), 1U) << differences;
  EXPECT_EQ(differences[0].at("difference"), 123);
  EXPECT_EQ(differences[0].at("cpu"), catalogue.online.back());
}

TEST_F(Var, WhatThereIsNot) {
  struct Case {
    std::vector<std::string> words;
    int status;
    const char* told;
  };
  const std::vector<Case> cases{
      {{"var", "read", "runqueue"}, 2, "runqueues"},
      {{"var", "read", "kernel_cpustat.cpustats"}, 2, "cpustat"},
      {{"var", "read", "kernel_cpustat.cpustat[99]"}, 2, "99"},
      {{"var", "read", "this_cpu_off.x"}, 2, "this_cpu_off"},
      {{"var", "read", "this_cpu_off:4000"}, 2, "4000"},
      {{"var", "read", "this_cpu_off:x"}, 2, "x"},
      {{"var", "read", "this_cpu_off["}, 2, ""},
      {{"var", "read", "no_such_module::this_cpu_off"}, 2, "no_such_module"},
      {{"var", "read", "--all", "--module", "no_such_module"}, 2, "no_such_module"},
      {{"var", "list", "runqueue"}, 2, "runqueues"},
      {{"var", "list", "pscope_plain", "--module", "vmlinux"}, 2, "pscope_plain"},
      {{"var", "list", "--module", "no_such_module"}, 2, "percpu_scope"},
      {{"var", "map", "--module", "no_such_module"}, 2, "percpu_scope"},
      {{"var", "ptr", "no_such_symbol=struct rq"}, 2, "no_such_symbol"},
      {{"var", "ptr", "0x1000=struct no_such_struct"}, 2, "no_such_struct"},
      {{"var", "ptr", "0x1000"}, 2, ""},
      {{"var", "ptr", "0xg=int"}, 2, "0xg"},
      {{"var", "ptr", "0x0=int"}, 2, "NULL"},
      {{"var", "list", "--type", "struct rqq"}, 2, "struct rq"},
      {{"var", "ptr", "runqueues=struct rq"}, 2, "per-CPU variable itself"},
      {{"vra", "list"}, 2, "var"},
      {{"var", "watch", "runqueues.curr", "-c", "1"}, 2, "number"},
      {{"var", "diff", "/tmp/no-such-file", "/tmp/nor-this"}, 2, "no-such-file: No such file"},
  };
  for (const Case& one : cases) {
    std::string line;
    for (const std::string& word : one.words) line += word + ' ';
    SCOPED_TRACE(line);
    const Ended outcome = run(one.words);
    EXPECT_EQ(outcome.status, one.status) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find(one.told), std::string::npos) << outcome.err;
    std::vector<std::string> as_json = one.words;
    as_json.insert(as_json.begin(), "-j");
    EXPECT_EQ(parsed(run(as_json).err).at("error").at("exit_code"), one.status);
  }
}

TEST_F(Var, ListsInTheOrderAskedFor) {
  const auto sorted_by = [](const char* key, auto before) {
    const nlohmann::json list = list_variables({"--sort", key});
    EXPECT_GT(list.size(), 100U);
    EXPECT_TRUE(std::is_sorted(list.begin(), list.end(), before)) << key;
  };
  sorted_by("name",
            [](const auto& one, const auto& other) { return one.at("name") < other.at("name"); });
  sorted_by("size",
            [](const auto& one, const auto& other) { return one.at("size") > other.at("size"); });
  const std::string modules = run({"var", "list", "--modules"}).out;
  EXPECT_TRUE(modules.starts_with("vmlinux\n")) << modules;
  EXPECT_NE(modules.find("\npercpu_scope\n"), std::string::npos) << modules;
  EXPECT_EQ(list_variables({"--type", "long unsigned int"}),
            list_variables({"--type", "unsigned long"}));
}

TEST_F(Var, WhereThereIsNoBtfItSaysSo) {
  const Ended outcome = run({"var", "list"}, [] { hide_directory("/sys/kernel/btf"); });
  EXPECT_EQ(outcome.status, 5) << outcome.err;
  EXPECT_NE(outcome.err.find("remedy"), std::string::npos) << outcome.err;
}

// The kernel's BTF is there, the module's is not: it is loaded all the same.
TEST_F(Var, ModuleWithoutBtfIsToldFromOneThatIsNotLoaded) {
  const auto leave_the_kernels = [] {
    const std::string kernel = read_file("/sys/kernel/btf/vmlinux");
    hide_directory("/sys/kernel/btf");
    std::ofstream("/sys/kernel/btf/vmlinux", std::ios::binary) << kernel;
  };
  const Ended read = run({"var", "read", "percpu_scope::pscope_plain"}, leave_the_kernels);
  EXPECT_EQ(read.status, 5) << read.err;
  EXPECT_NE(read.err.find("percpu_scope is loaded, and has no BTF"), std::string::npos) << read.err;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"var", "list", "--module", "percpu_scope"},
        {"var", "map", "--module", "percpu_scope"},
        {"var", "read", "--all", "--module", "percpu_scope"},
        {"var", "ptr", "--module", "percpu_scope", "0x1000=u64"}})
    EXPECT_EQ(run(words, leave_the_kernels).status, 5) << words.at(1);
  const Ended doctor = run({"doctor"}, leave_the_kernels);
  EXPECT_NE(doctor.out.find("without BTF, and so unknown to pcpu var: percpu_scope"),
            std::string::npos)
      << doctor.out;
}

TEST_F(Var, WithoutPrivileges) {
  EXPECT_EQ(run({"var", "list"}, become_nobody).status, 0) << "listing needs none";
  const Ended map = run({"var", "map"}, become_nobody);
  EXPECT_EQ(map.status, 0) << map.err;
  EXPECT_NE(map.out.find("cannot be read"), std::string::npos) << map.out;
  const Ended read = run({"var", "read", "runqueues.cpu"}, become_nobody);
  EXPECT_EQ(read.status, 3);
  EXPECT_NE(read.err.find("remedy"), std::string::npos) << read.err;
  EXPECT_EQ(run({"doctor"}, become_nobody).status, 1);
}

TEST_F(Var, ModuleOfTheDistribution) {
  ASSERT_EQ(load_module_file(std::string(stock_modules) + "drop_monitor.ko"), Errno{});
  const nlohmann::json list = list_variables({"--module", "drop_monitor"});
  EXPECT_GE(list.size(), 2U);
  const nlohmann::json reading =
      document({"var", "read", "--all", "--module", "drop_monitor", "--method", "generic"});
  EXPECT_EQ(reading.at("variables").size(), list.size());
  for (const nlohmann::json& variable : reading.at("variables"))
    for (const auto& [cpu, value] : variable.at("values").items())
      EXPECT_TRUE(value.is_object()) << variable;
  const nlohmann::json map = document({"var", "map", "--module", "drop_monitor"});
  EXPECT_EQ(map.at("variables"), list.size());
  ASSERT_TRUE(eventually([] { return unload_module("drop_monitor") == Errno{}; }));
  const std::string name = list.at(0).at("name");
  const Ended gone = run({"var", "read", "drop_monitor::" + name});
  EXPECT_EQ(gone.status, 2);
  EXPECT_NE(gone.err.find("drop_monitor"), std::string::npos) << gone.err;
}

}  // namespace
}  // namespace percpu_scope::guest
