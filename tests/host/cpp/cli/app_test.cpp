// SPDX-License-Identifier: GPL-2.0-only
//
// The program as its user meets it, where there is no device.
#include "cli/app.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/render/json.hpp"

namespace percpu_scope::cli {
namespace {

struct Ended {
  int exit_code = -1;
  std::string out;
  std::string err;
};

Ended run(const std::vector<const char*>& arguments) {
  std::vector<const char*> words{"pcpu", "--device", "/nonexistent/percpu_scope"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ended outcome;
  outcome.exit_code = run_app(static_cast<int>(words.size()), words.data());
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

// All commands that have none below them, as the words that name them.
void for_each_verb(
    const CommandDescription& command, const std::vector<const char*>& words,
    const std::function<void(const CommandDescription&, const std::vector<const char*>&)>& visit) {
  if (command.commands.empty()) visit(command, words);
  for (const CommandDescription& below : command.commands) {
    std::vector<const char*> longer = words;
    longer.push_back(below.name.c_str());
    for_each_verb(below, longer, visit);
  }
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// With one blank between words, wherever lines are broken.
std::string words_of(const std::string& text) {
  std::istringstream words(text);
  std::string word;
  std::string joined;
  while (words >> word) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

TEST(App, HelpOfEveryVerb) {
  std::size_t verbs = 0;
  const CommandDescription program = describe_app();
  for_each_verb(program, {}, [&](const CommandDescription& verb, std::vector<const char*> words) {
    ++verbs;
    for (const char* const help : {"--help", "-h"}) {
      words.push_back(help);
      const Ended outcome = run(words);
      words.pop_back();
      EXPECT_EQ(outcome.exit_code, 0) << verb.name;
      EXPECT_EQ(outcome.err, "");
      // CLI11 fills its paragraphs from 2.5 on, and not before.
      EXPECT_NE(words_of(outcome.out).find(words_of(first_line(verb.description))),
                std::string::npos)
          << verb.name;
      EXPECT_NE(outcome.out.find("Exit codes:"), std::string::npos) << verb.name;
      for (const OptionDescription& option : verb.options)
        EXPECT_NE(outcome.out.find(option.names.back()), std::string::npos)
            << verb.name << " " << option.names.back();
    }
  });
  EXPECT_GE(verbs, 23U);
}

TEST(App, HelpIsWhatEverybodyTypes) {
  for (const char* const help : {"-h", "--help"}) {
    const Ended outcome = run({help});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.err, "");
    EXPECT_NE(outcome.out.find("torture"), std::string::npos);
    EXPECT_NE(outcome.out.find("\"schema\" comes first and is 1"), std::string::npos);
  }
  EXPECT_EQ(run({"counter", "list", "--human"}).exit_code, 4) << "understood as ever";
}

TEST(App, WithoutADeviceNamesTheRemedy) {
  const Ended outcome = run({"info"});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("insmod percpu_scope.ko"), std::string::npos) << outcome.err;
}

TEST(App, WhatIsWellSaidGetsAsFarAsTheDevice) {
  EXPECT_EQ(run({"control", "list"}).exit_code, 4);
  EXPECT_EQ(run({"control", "run", "read_write", "9"}).exit_code, 4);
  EXPECT_EQ(run({"torture", "--seconds", "1", "--seed", "0x10", "--context", "task,nmi"}).exit_code,
            4);
  EXPECT_EQ(run({"count-calls", "f", "--", "cat", "-n", "a,b"}).exit_code, 4);
  EXPECT_EQ(run({"count-calls", "f", "-c", "3"}).exit_code, 4);
  EXPECT_EQ(run({"idiom", "list", "--table"}).exit_code, 4);
  // Which storages there are is the module's to say.
  EXPECT_EQ(run({"counter", "create", "x", "--storage", "u46"}).exit_code, 4);
  EXPECT_EQ(run({"counter", "reset", "plain", "--start", "-1", "--pattern"}).exit_code, 4);
  EXPECT_EQ(run({"counter", "reset", "--all", "--start", "0xffffffff"}).exit_code, 4);
}

TEST(App, CountersStartFromNumbersAlone) {
  const Ended outcome = run({"counter", "reset", "plain", "--start", "many"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("'many'"), std::string::npos) << outcome.err;
}

TEST(App, ErrorsAreJsonInJsonMode) {
  for (const char* flag : {"-j", "--json", "-p"}) {
    const Ended outcome = run({"counter", "list", flag});
    EXPECT_EQ(outcome.exit_code, 4);
    const Json document = Json::parse(outcome.err);
    EXPECT_EQ(document.at("error").at("exit_code"), 4);
    EXPECT_EQ(document.at("schema"), 1);
  }
  const Ended usage = run({"-j", "nonsense"});
  EXPECT_EQ(usage.exit_code, 2);
  EXPECT_EQ(Json::parse(usage.err).at("error").at("exit_code"), 2);
}

TEST(App, AWordThatIsNoCommandIsTold) {
  const Ended outcome = run({"var", "raed", "cpu_number"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("'raed'"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("closest: read"), std::string::npos) << outcome.err;
  EXPECT_NE(run({"vra"}).err.find("closest: var"), std::string::npos);
  EXPECT_NE(run({"help", "mna"}).err.find("closest: man"), std::string::npos);
  EXPECT_NE(run({"var"}).err.find("'pcpu var' needs a command: list, read"), std::string::npos);
  EXPECT_NE(run({}).err.find("'pcpu' needs a command: info"), std::string::npos);
  EXPECT_NE(run({"--jsno", "var"}).err.find("closest: --json"), std::string::npos);
  EXPECT_NE(run({"var", "-I", "5", "watch", "x"}).err.find("-I"), std::string::npos);
  // Of these something else is wrong.
  EXPECT_NE(run({"var", "diff"}).err.find("required"), std::string::npos);
  EXPECT_NE(run({"--no-such-option", "info"}).err.find("--no-such-option"), std::string::npos);
}

TEST(App, WrongUsageIsTold) {
  EXPECT_EQ(run({}).exit_code, 2);
  EXPECT_EQ(run({"counter"}).exit_code, 2);
  EXPECT_EQ(run({"counter", "create"}).exit_code, 2);
  EXPECT_EQ(run({"counter", "reset"}).exit_code, 2);
  EXPECT_EQ(run({"counter", "reset", "x", "--all"}).exit_code, 2);
  EXPECT_EQ(run({"counter", "watch", "-I", "0"}).exit_code, 2);
  EXPECT_EQ(run({"counter", "watch", "-I", "-5"}).exit_code, 2);
  EXPECT_EQ(run({"hammer", "--context", "task"}).exit_code, 2);
  EXPECT_EQ(run({"hammer", "--updates", "many"}).exit_code, 2);
  EXPECT_EQ(run({"hammer", "--no-such-option"}).exit_code, 2);
  EXPECT_EQ(run({"hammer", "--interruptions", "5"}).exit_code, 2);
  EXPECT_EQ(run({"hammer", "--inject"}).exit_code, 2);
  EXPECT_EQ(run({"hammer", "--bh-off", "--updates", "0"}).exit_code, 2);
  EXPECT_EQ(run({"control"}).exit_code, 2);
  EXPECT_EQ(run({"control", "run", "no_such_control"}).exit_code, 2);
  EXPECT_EQ(run({"control", "run", "99"}).exit_code, 2);
  EXPECT_EQ(run({"control", "run", "--attempts", "0"}).exit_code, 2);
  EXPECT_EQ(run({"torture", "--seed", "x"}).exit_code, 2);
  EXPECT_EQ(run({"torture", "--seed", "-1"}).exit_code, 2);
  EXPECT_EQ(run({"torture", "--seed", "99999999999999999999"}).exit_code, 2);
  EXPECT_EQ(run({"torture", "--context", "irq"}).exit_code, 2);
  EXPECT_EQ(run({"torture", "--minutes", "2000000"}).exit_code, 2);
  EXPECT_EQ(run({"count-calls"}).exit_code, 2);
  EXPECT_EQ(run({"count-calls", "f", "-I", "0"}).exit_code, 2);
  EXPECT_EQ(run({"count-calls", "f", "-c", "1", "--", "true"}).exit_code, 2);
  EXPECT_EQ(run({"var"}).exit_code, 2);
  EXPECT_EQ(run({"doctor", "nonsense"}).exit_code, 2);
  EXPECT_EQ(run({"var", "list", "--sort", "colour"}).exit_code, 2);
  EXPECT_EQ(run({"var", "list", "--size", "5<"}).exit_code, 2);
  EXPECT_EQ(run({"var", "read"}).exit_code, 2);
  EXPECT_EQ(run({"var", "read", "x", "--all"}).exit_code, 2);
  EXPECT_EQ(run({"var", "read", "x", "--method", "magic"}).exit_code, 2);
  EXPECT_EQ(run({"var", "ptr"}).exit_code, 2);
  EXPECT_EQ(run({"var", "map", "--lines", "--holes"}).exit_code, 2);
  EXPECT_EQ(run({"var", "watch"}).exit_code, 2);
  EXPECT_EQ(run({"var", "watch", "x", "-I", "0"}).exit_code, 2);
  EXPECT_EQ(run({"var", "watch", "x", "--sum", "--skew"}).exit_code, 2);
  EXPECT_EQ(run({"var", "diff", "/nonexistent/a"}).exit_code, 2);
  EXPECT_EQ(run({"var", "diff", "/nonexistent/a", "/nonexistent/b"}).exit_code, 2);
  EXPECT_EQ(run({"var", "diff", "/dev/null", "/dev/null"}).exit_code, 2);
}

TEST(App, FilesThatCannotBeReadAreNamed) {
  const Ended neither = run({"var", "diff", "/nonexistent/a", "/nonexistent/b"});
  EXPECT_NE(neither.err.find("cannot open /nonexistent/a: No such file or directory"),
            std::string::npos)
      << neither.err;
  const std::string saved = testing::TempDir() + "saved.json";
  std::ofstream(saved) << R"({"variables":[]})";
  const Ended second = run({"var", "diff", saved.c_str(), "/nonexistent/b"});
  EXPECT_NE(second.err.find("cannot open /nonexistent/b: No such"), std::string::npos)
      << second.err;
  const Ended folder = run({"var", "diff", saved.c_str(), "/"});
  EXPECT_EQ(folder.exit_code, 2);
  EXPECT_NE(folder.err.find("cannot read /: Is a directory"), std::string::npos) << folder.err;
  EXPECT_EQ(run({"var", "diff", saved.c_str(), saved.c_str()}).exit_code, 0);
}

TEST(App, MistypedWordsGetTheClosest) {
  const Ended outcome = run({"hammer", "--context", "hardirk"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("closest: hardirq"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace percpu_scope::cli
