// SPDX-License-Identifier: GPL-2.0-only
//
// Var: what pcpu says where there is no such variable, no BTF or no permission, and of two
// readings that were saved.
#include <fstream>
#include <string>

#include "var/var_counters.hpp"

namespace percpu_scope::guest {
namespace {

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

}  // namespace
}  // namespace percpu_scope::guest
