// SPDX-License-Identifier: GPL-2.0-only
//
// InspectLockdown: reading under lockdown=confidentiality, where our module does
// not load and probe reads are refused. Runs in a boot of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "inspect/error.hpp"
#include "inspect/kernel/cpus.hpp"
#include "inspect/kernel/symbols.hpp"
#include "inspect/read/reader.hpp"
#include "support/cpu_number.hpp"
#include "support/module.hpp"
#include "support/program.hpp"
#include "support/support.hpp"

namespace percpu_scope::guest {
namespace {

using inspect::Method;
using inspect::Problem;
using inspect::Wanted;

class InspectLockdown : public ::testing::Test {
 public:
  void SetUp() override {
    if (read_file("/sys/kernel/security/lockdown").find("[confidentiality]") == std::string::npos)
      GTEST_SKIP() << "this kernel is not locked down";
    variables = inspect::Catalogue::load();
    wanted.push_back(cpu_number_of(*variables));
    cpus = inspect::possible_cpus();
  }

  std::optional<inspect::Catalogue> variables;
  std::vector<Wanted> wanted;
  std::vector<std::uint32_t> cpus;
};

TEST_F(InspectLockdown, OurModuleDoesNotLoad) { EXPECT_EQ(load_module(), Errno{EPERM}); }

TEST_F(InspectLockdown, GenericSaysWhy) {
  std::optional<Problem> problem;
  try {
    (void)inspect::make_reader(*variables, wanted, cpus, Method::generic);
  } catch (const inspect::InspectError& error) {
    problem = error.problem();
    EXPECT_NE(std::string(error.what()).find("confidentiality"), std::string::npos) << error.what();
    EXPECT_FALSE(error.remedy().empty());
  }
  EXPECT_EQ(problem, Problem::lockdown);
}

TEST_F(InspectLockdown, AutomaticFallsBackToTyped) {
  const auto reader = inspect::make_reader(*variables, wanted, cpus);
  EXPECT_EQ(reader->method(), Method::typed);
  reader->read();
  for (std::size_t cpu = 0; cpu < cpus.size(); ++cpu) {
    ASSERT_TRUE(reader->copy(0, cpu).read);
    std::uint32_t number = ~0U;
    std::memcpy(&number, reader->copy(0, cpu).bytes.data(), sizeof(number));
    EXPECT_EQ(number, cpus[cpu]);
  }
}

TEST_F(InspectLockdown, TheToolSaysSoAndGoesOn) {
  const Ended read = run({"-j", "var", "read", "runqueues.cpu"});
  EXPECT_EQ(read.status, 0) << read.err;
  EXPECT_EQ(parsed(read.out).at("method"), "typed");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"var", "read", "runqueues.cpu", "--method", "generic"},
        {"var", "ptr", "0x1000=long"}}) {
    const Ended outcome = run(words);
    EXPECT_EQ(outcome.status, 3) << outcome.err;
    EXPECT_NE(outcome.err.find("confidentiality"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("remedy"), std::string::npos) << outcome.err;
  }
  const Ended doctor = run({"doctor"});
  EXPECT_NE(doctor.out.find("variables (pcpu var) work"), std::string::npos) << doctor.out;
  EXPECT_NE(doctor.out.find("boot without lockdown=confidentiality"), std::string::npos)
      << doctor.out;
}

TEST_F(InspectLockdown, NearlyEveryVariableIsRead) {
  wanted.clear();
  for (const inspect::Variable& variable : variables->variables())
    if (variable.size != 0) wanted.push_back({&variable, 0, variable.size});
  wanted = every_nth(wanted, slowness());
  const auto reader = inspect::make_reader(*variables, wanted, cpus);
  reader->read();
  std::size_t read = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) read += reader->copy(i, 0).read ? 1 : 0;
  RecordProperty("read", std::to_string(read) + " of " + std::to_string(wanted.size()));
  EXPECT_GT(read, wanted.size() * 9 / 10);
}

}  // namespace
}  // namespace percpu_scope::guest
