// SPDX-License-Identifier: GPL-2.0-only
//
// The manual page and the completion, of a small command line and of pcpu's own.
#include "cli/help/manual.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "cli/app.hpp"

namespace percpu_scope::cli {
namespace {

CommandDescription sample() {
  const OptionDescription json{.names = {"-j", "--json"},
                               .value = {},
                               .words = {},
                               .description = "as JSON",
                               .default_value = {}};
  const OptionDescription file{.names = {"--device"},
                               .value = "FILE",
                               .words = {},
                               .description = "a device",
                               .default_value = "/dev/x"};
  const OptionDescription sort{.names = {"--sort"},
                               .value = "up|down",
                               .words = {"up", "down"},
                               .description = "the order",
                               .default_value = "up"};
  const OptionDescription what{.names = {"variable"},
                               .value = "TEXT",
                               .words = {},
                               .description = ".which\n'one\\",
                               .default_value = {},
                               .required = true,
                               .several = true};
  const CommandDescription list{.name = "list",
                                .description = "List them",
                                .footer = {},
                                .options = {sort, what},
                                .commands = {}};
  const CommandDescription var{
      .name = "var", .description = "Variables", .footer = {}, .options = {}, .commands = {list}};
  return {.name = "prog",
          .description = "does it",
          .footer = "Files (two):\n  a\n  b\n\nExit codes:\n  0  done\n",
          .options = {json, file},
          .commands = {var}};
}

TEST(Manual, HasEverySection) {
  const std::string text = render_manual(sample());
  for (const char* const line :
       {".TH PROG 1 ", ".SH NAME\nprog \\- does it\n", ".SH SYNOPSIS\n", ".SH OPTIONS\n",
        ".TP\n\\fB\\-j\\fR, \\fB\\-\\-json\\fR\nas JSON\n",
        "\\fB\\-\\-device\\fR \\fIFILE\\fR\na device (default: /dev/x)\n", ".SS \\fBprog var\\fR\n",
        ".SS \\fBprog var list\\fR [\\fIoptions\\fR] \\fIvariable\\fR ...\n",
        "\\fB\\-\\-sort\\fR \\fBup|down\\fR\n",
        ".SH FILES (TWO)\n.nf\n  a\n  b\n.fi\n.SH EXIT CODES\n.nf\n  0  done\n.fi\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\nis not in\n" << text;
}

TEST(Manual, TextIsNoRequest) {
  const std::string text = render_manual(sample());
  EXPECT_NE(text.find("\n\\&.which\n\\&'one\\e\n"), std::string::npos) << text;
}

std::string dashes_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '-' ? std::string("\\-") : std::string(1, c);
  return escaped;
}

std::string output_of(std::initializer_list<const char*> words) {
  std::vector<const char*> arguments{"pcpu"};
  arguments.insert(arguments.end(), words);
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_app(static_cast<int>(arguments.size()), arguments.data()), 0);
  return testing::internal::GetCapturedStdout();
}

void expect_sections(const std::string& text, const CommandDescription& command,
                     const std::string& path) {
  for (const CommandDescription& below : command.commands) {
    const std::string name = path + " " + below.name;
    EXPECT_NE(text.find(".SS \\fB" + dashes_escaped(name) + "\\fR"), std::string::npos) << name;
    expect_sections(text, below, name);
  }
}

TEST(Manual, OfPcpuNamesEveryVerb) {
  const std::string text = output_of({"help", "man"});
  const CommandDescription program = describe_app();
  EXPECT_GE(program.commands.size(), 12U);
  expect_sections(text, program, "pcpu");
  EXPECT_EQ(text.find("pcpu help"), std::string::npos) << "hidden commands are not told of";
  EXPECT_EQ(output_of({"--help"}).find("manual page"), std::string::npos);
}

TEST(Manual, OfPcpuPromisesTheFormOfDocuments) {
  const std::string text = output_of({"help", "man"});
  const std::size_t json = text.find(".SH JSON");
  ASSERT_NE(json, std::string::npos) << text;
  EXPECT_NE(text.find("While \"schema\" is 1, members keep their names", json), std::string::npos);
  EXPECT_NE(text.find(".SH EXIT CODES\n.nf\n  0  ", json), std::string::npos);
}

// Runs bash with the completion sourced; what it offers for the words, one a line.
class Completion : public testing::Test {
 public:
  Completion() {
    std::ofstream(script_) << output_of({"help", "bash"});
    // Stands for the program where the script asks it for names.
    std::ofstream(program_) << "#!/bin/sh\ncase \"$*\" in\n"
                               "'var list --names') printf 'abc\\nabd\\nx\\n' ;;\n"
                               "'var list --modules') printf 'kvm\\nvmlinux\\n' ;;\n"
                               "'counter list --names') printf 'plain\\nplan\\nstats\\n' ;;\n"
                               "'idiom list --names') printf 'this_cpu_inc\\n' ;;\n"
                               "esac\n";
    (void)std::system(("chmod +x " + program_).c_str());
  }
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;
  ~Completion() override {
    (void)std::remove(script_.c_str());
    (void)std::remove(program_.c_str());
  }

  [[nodiscard]] std::string offers(const std::string& words) const {
    // The last word is the one to complete.
    const std::string command = "bash -c '. " + script_ + "; COMP_WORDS=(" + program_ + " " +
                                words + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _pcpu; " +
                                "echo \"${COMPREPLY[@]}\"' 2>&1";
    struct Close {
      void operator()(FILE* pipe) const { (void)::pclose(pipe); }
    };
    const std::unique_ptr<FILE, Close> pipe(::popen(command.c_str(), "r"));
    std::string text;
    for (std::array<char, 256> buffer{}; std::fgets(buffer.data(), buffer.size(), pipe.get());)
      text += buffer.data();
    return text;
  }

 private:
  std::string script_ = testing::TempDir() + "pcpu-completion-test.bash";
  std::string program_ = testing::TempDir() + "pcpu-completion-test";
};

TEST_F(Completion, OfObjectsAndVerbs) {
  EXPECT_EQ(offers("va"), "var\n");
  EXPECT_EQ(offers("var w"), "watch\n");
  EXPECT_EQ(offers("-j var --device /dev/null w"), "watch\n");
  EXPECT_EQ(offers("control \"\""), "list run\n");
}

TEST_F(Completion, OfModules) { EXPECT_EQ(offers("var list --module k"), "kvm\n"); }

TEST_F(Completion, OfOptionsAndTheirWords) {
  EXPECT_EQ(offers("var list --so"), "--sort\n");
  EXPECT_EQ(offers("var list --js"), "--json\n");
  EXPECT_EQ(offers("var list --sort \"\""), "offset size name\n");
  EXPECT_EQ(offers("var read --method ge"), "generic\n");
}

TEST_F(Completion, OfThePlaceThatTakesWords) {
  EXPECT_EQ(offers("doctor \"\""), "counters var\n");
  EXPECT_EQ(offers("doctor v"), "var\n");
}

TEST_F(Completion, OfNamesTheProgramKnows) {
  EXPECT_EQ(offers("var read ab"), "abc abd\n");
  EXPECT_EQ(offers("var read abc x"), "x\n");
  EXPECT_EQ(offers("var watch -I 5 --sum x"), "x\n");
  EXPECT_EQ(offers("counter read pl"), "plain plan\n");
  EXPECT_EQ(offers("hammer --counter st"), "stats\n");
  EXPECT_EQ(offers("verify --counter stats --idiom this"), "this_cpu_inc\n");
}

TEST_F(Completion, OfFiles) {
  EXPECT_EQ(offers("var diff /etc/host"), offers("report --save /etc/host"));
  EXPECT_NE(offers("var diff /etc/host").find("/etc/host"), std::string::npos);
}

TEST_F(Completion, OfNothing) { EXPECT_EQ(offers("nonsense x"), "\n"); }

}  // namespace
}  // namespace percpu_scope::cli
