// SPDX-License-Identifier: GPL-2.0-only
//
// Cli: pcpu as programs use it, against the loaded module: exit codes, JSON
// that parses, a report that passes. What it computes is tested elsewhere.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/device_test.hpp"
#include "support/program.hpp"

namespace percpu_scope::guest {
namespace {

class Cli : public DeviceTest {
 public:
  void SetUp() override {
    if (!path_exists(program)) GTEST_SKIP() << program << " is not in this guest";
  }
};

TEST_F(Cli, TablesAndDocuments) {
  const std::vector<std::vector<std::string>> verbs{
      {"info"},
      {"offsets"},
      {"counter", "list"},
      {"counter", "read"},
      {"idiom", "list"},
      {"idiom", "list", "--names"},
      {"idiom", "list", "--table"},
      {"counter", "list", "--names"},
      {"counter", "watch", "-I", "10", "-c", "1"},
      {"control", "list"},
      {"hammer", "--counter", "plain", "--updates", "10000"},
      {"hammer", "--counter", "plain", "--updates", "1000", "--context", "softirq", "--bh-off"},
  };
  for (std::vector<std::string> words : verbs) {
    SCOPED_TRACE(words.front() + " " + words.back());
    const Ended table = run(words);
    EXPECT_EQ(table.status, 0) << table.err;
    EXPECT_FALSE(table.out.empty());
    EXPECT_EQ(table.err, "");
    words.insert(words.begin(), "-j");
    const Ended json = run(words);
    EXPECT_EQ(json.status, 0) << json.err;
    EXPECT_EQ(json.err, "");
    const nlohmann::json document = parsed(json.out);
    ASSERT_TRUE(document.is_object()) << json.out;
    EXPECT_EQ(document.value("schema", 0), 1);
    EXPECT_TRUE(document.contains("notes") && document.at("notes").is_array());
    EXPECT_GT(document.size(), 2U);
  }
}

TEST_F(Cli, WrongCommandLines) {
  const std::vector<std::vector<std::string>> lines{
      {},
      {"nonsense"},
      {"counter"},
      {"counter", "read", "no-such-counter"},
      {"hammer", "--idiom", "no-such-idiom"},
      {"info", "--no-such-option"},
  };
  for (const std::vector<std::string>& words : lines) {
    SCOPED_TRACE(words.empty() ? "nothing" : words.back());
    const Ended outcome = run(words);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err, "");
  }
}

TEST_F(Cli, ErrorsAreDocumentsToo) {
  const Ended outcome = run({"-j", "counter", "read", "no-such-counter"});
  EXPECT_EQ(outcome.status, 2);
  const nlohmann::json document = parsed(outcome.err);
  EXPECT_TRUE(document.contains("error")) << outcome.err;
  EXPECT_EQ(document.value("schema", 0), 1) << outcome.err;
}

TEST_F(Cli, NotAllowed) {
  const Ended outcome = run({"info"}, become_nobody);
  EXPECT_EQ(outcome.status, 3);
  EXPECT_NE(outcome.err, "");
}

TEST_F(Cli, NoDevice) {
  const Ended outcome = run({"--device", "/dev/no-such-device", "info"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_NE(outcome.err.find("insmod"), std::string::npos) << outcome.err;
}

TEST_F(Cli, CountersComeAndGo) {
  EXPECT_EQ(run({"counter", "create", "from-cli"}).status, 0);
  EXPECT_EQ(run({"counter", "create", "from-cli"}).status, 1) << "the name is taken";
  EXPECT_EQ(run({"counter", "read", "from-cli"}).status, 0);
  EXPECT_EQ(run({"counter", "reset", "from-cli"}).status, 0);
  EXPECT_EQ(run({"counter", "destroy", "from-cli"}).status, 0);
  EXPECT_EQ(run({"counter", "read", "from-cli"}).status, 2);
}

TEST_F(Cli, Controls) {
  const Ended list = run({"-j", "control", "list"});
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_FALSE(parsed(list.out).at("controls").empty());
  const std::string one =
      catalogue.info.has(PERCPU_SCOPE_FEATURE_KPROBES) ? "read_write_injected" : "read_write";
  const Ended table = run({"control", "run", one});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_NE(table.out.find(one), std::string::npos) << table.out;
  const Ended document = run({"-j", "control", "run", one});
  EXPECT_EQ(document.status, 0) << document.err;
  EXPECT_NE(parsed(document.out).dump().find("caught"), std::string::npos) << document.out;
  EXPECT_EQ(run({"control", "run", "no-such-control"}).status, 2);
}

TEST_F(Cli, Torture) {
  const Ended outcome = run({"torture", "--seconds", "5", "--seed", "1"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_NE((outcome.out + outcome.err).find("pcpu-torture: SUCCESS"), std::string::npos)
      << outcome.out << outcome.err;
  const Ended document = run({"-j", "torture", "--seconds", "1", "--seed", "1"});
  EXPECT_EQ(document.status, 0) << document.err;
  EXPECT_FALSE(parsed(document.out).empty());
  EXPECT_EQ(run({"torture", "--seconds", "1", "--idiom", "no-such-idiom"}).status, 2);
  EXPECT_EQ(run({"torture", "--seconds", "none"}).status, 2);
}

TEST_F(Cli, CountCalls) {
  if (!catalogue.info.has(PERCPU_SCOPE_FEATURE_KPROBES))
    GTEST_SKIP() << "this kernel has no kprobes";
  const Ended outcome = run({"-j", "count-calls", "hrtimer_nanosleep", "--", "/bin/sleep", "0.01"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_FALSE(parsed(outcome.out).empty());
  EXPECT_NE(run({"count-calls", "no_such_function", "--", "/bin/sleep", "0"}).status, 0);
  EXPECT_EQ(device.info().dynamic_counters, catalogue.info.dynamic_counters);
}

TEST_F(Cli, TableOfIdioms) {
  const Ended outcome = run({"idiom", "list", "--table"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  for (const Idiom& idiom : catalogue.idioms) {
    if (idiom.is_control()) continue;
    EXPECT_NE(outcome.out.find(idiom.name), std::string::npos) << idiom.name;
  }
}

TEST_F(Cli, ReportPasses) {
  const Ended outcome = run({"-j", "report"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const nlohmann::json document = parsed(outcome.out);
  EXPECT_EQ(document.value("verdict", ""), "pass");
  EXPECT_EQ(document.value("schema", 0), 1);
  for (const char* const section : {"offsets", "counters", "hammer", "verify"}) {
    ASSERT_TRUE(document.contains(section)) << section;
    // One CPU cannot read what it writes at the same time.
    const bool impossible = section == std::string_view("verify") && catalogue.online.size() < 2;
    EXPECT_EQ(document[section].empty(), impossible) << section;
  }
  EXPECT_TRUE(document.contains("failures") && document["failures"].empty());
}

}  // namespace
}  // namespace percpu_scope::guest
