// SPDX-License-Identifier: GPL-2.0-only
//
// VarPtr: where pcpu var ptr finds symbols, and that it says nothing of them that is not so.
#include <string>
#include <vector>

#include "var/var_fixture.hpp"

namespace percpu_scope::guest {
namespace {

class VarPtr : public VarTest {
 public:
  // A variable of our module that is none per CPU, and that no other object has.
  static std::string symbol_of_module() {
    const std::string symbols = read_file("/proc/kallsyms");
    for (const std::vector<std::string>& line : words_of(symbols)) {
      if (line.size() != 4 || line[3] != "[percpu_scope]" || (line[1] != "d" && line[1] != "b"))
        continue;
      const std::string& name = line[2];
      const std::string needle = ' ' + name + '\t';
      if (name.find("pscope") == std::string::npos || name.starts_with("__") ||
          symbols.find(' ' + name + '\n') != std::string::npos ||
          symbols.find(needle) != symbols.rfind(needle))
        continue;
      if (run({"var", "list", name}).status != 0) return name;
    }
    return {};
  }
};

TEST_F(VarPtr, FindsTheModuleOfASymbol) {
  const std::string name = symbol_of_module();
  ASSERT_NE(name, "");
  const auto told = [](const std::string& word) {
    const Ended outcome = run({"var", "ptr", word});
    return outcome.out + outcome.err;
  };
  EXPECT_EQ(told(name + "=u64"), told("percpu_scope::" + name + "=u64"));
  EXPECT_EQ(told(name + "=u64").find("no symbol"), std::string::npos) << told(name + "=u64");
  // Whose types are the module's, too.
  EXPECT_EQ(told(name + "=struct pscope_stats_group").find("no type"), std::string::npos);
  const Ended variable = run({"var", "ptr", "pscope_plain=u64"});
  EXPECT_EQ(variable.status, 2);
  EXPECT_NE(variable.err.find("per-CPU variable itself"), std::string::npos) << variable.err;
}

TEST_F(VarPtr, OfWhatNothingIsCalled) {
  for (const char* const name : {"no_such_symbol", "no.such.0", "vmlinux::no_such_symbol"}) {
    const Ended outcome = run({"var", "ptr", std::string(name) + "=u64"});
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_NE(outcome.err.find("no symbol"), std::string::npos) << outcome.err;
  }
}

// A struct percpu_counter: what it begins with is a lock, and nobody holds it.
TEST_F(VarPtr, OfAStructSaysWhatWasRead) {
  if (read_file("/proc/kallsyms").find(" vm_committed_as\n") == std::string::npos)
    GTEST_SKIP() << "this kernel does not have it";
  const Ended outcome = run({"var", "ptr", "vm_committed_as=s32"});
  EXPECT_EQ(outcome.status, 1) << outcome.out;
  EXPECT_NE(outcome.err.find("the first word at vm_committed_as is 0: if it is a pointer"),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("members are not followed"), std::string::npos) << outcome.err;
}

// Text, of which no word is a pointer.
TEST_F(VarPtr, OfWhatIsNoPointerSaysSo) {
  const Ended outcome = run({"var", "ptr", "linux_banner=u64"});
  EXPECT_EQ(outcome.status, 1) << outcome.out;
  EXPECT_NE(outcome.err.find("members are not followed"), std::string::npos) << outcome.err;
}

TEST_F(VarPtr, UnknownVariablesNameThreeThatAreClose) {
  const Ended outcome = run({"-j", "var", "read", "runqueue"});
  const nlohmann::json error = parsed(outcome.err).at("error");
  ASSERT_EQ(error.at("names").size(), 3U) << outcome.err;
  EXPECT_EQ(error.at("names")[0], "runqueues");
}

TEST_F(VarPtr, ListsBySize) {
  const auto lines = [](const char* size) {
    return words_of(run({"var", "list", "--size", size}).out).size() - 1;
  };
  const std::size_t all = words_of(run({"var", "list"}).out).size() - 1;
  EXPECT_GT(lines("8"), 10U);
  EXPECT_EQ(lines("8"), lines("=8"));
  EXPECT_EQ(lines("<8") + lines("8"), lines("<=8"));
  EXPECT_EQ(lines("<=8") + lines(">8"), all);
  EXPECT_EQ(lines("<8") + lines(">=8"), all);
  for (const auto& row : words_of(run({"var", "list", "--size", "8"}).out))
    EXPECT_TRUE(row.at(3) == "8" || row.at(3) == "size") << row.at(0);
  EXPECT_EQ(run({"var", "list", "--size", "8k"}).status, 2);
}

}  // namespace
}  // namespace percpu_scope::guest
