// SPDX-License-Identifier: GPL-2.0-only
//
// Var: pcpu's view of per-CPU variables against the module's own. Against the kernel's own:
// var_kernel_test.cpp; where it cannot see: var_answers_test.cpp.
#include <memory>
#include <random>

#include "support/module.hpp"
#include "var/var_counters.hpp"

namespace percpu_scope::guest {
namespace {

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
  EXPECT_EQ(lines.at(1).back(),
            only({"var", "read", "runqueues.cpu", "--addr"}).at("address").get<std::string>());
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
