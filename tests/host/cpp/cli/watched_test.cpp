// SPDX-License-Identifier: GPL-2.0-only
//
// Looks at numbers of variables, with a reader that says what the test wants.
#include "cli/var/watched.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "btf_samples.hpp"
#include "cli/frame/exit_code.hpp"
#include "inspect/error.hpp"

namespace percpu_scope::cli {
namespace {

using inspect::Btf;
using inspect::Copy;
using inspect::Variable;

// Bytes by what is wanted and the place of the CPU; what is not in it cannot be read.
using Memory = std::map<std::pair<std::size_t, std::size_t>, Bytes>;

class PreparedReader final : public inspect::Reader {
 public:
  explicit PreparedReader(const Memory& memory) : memory_(memory) {}
  [[nodiscard]] inspect::Method method() const override { return inspect::Method::generic; }
  void read() override {}
  [[nodiscard]] Copy copy(std::size_t wanted, std::size_t cpu) const override {
    const auto found = memory_.find({wanted, cpu});
    if (found == memory_.end()) return {};
    return {.bytes = found->second, .read = true};
  }
  [[nodiscard]] std::string why_unread(std::size_t wanted) const override {
    return "there is none of " + std::to_string(wanted);
  }

 private:
  const Memory& memory_;
};

Bytes bytes_of(std::uint64_t number, std::size_t size = 8) {
  Bytes bytes(size);
  std::memcpy(bytes.data(), &number, std::min(size, sizeof(number)));
  return bytes;
}

class Watching : public testing::Test {
 protected:
  // Variables of these types, called after them.
  Watching() {
    const int word = writer.integer("long unsigned int", 8);
    const int number = writer.integer("int", 4, 1);
    const int narrow = writer.narrow_integer("narrow", 4, 1, 5, 11);
    const int pair = writer.struct_of("pair", 16, {{"a", word, 0}, {"b", number, 64}});
    const int packed = writer.struct_of("packed", 9, {{"low", word, 0, 5}, {"wide", word, 5, 64}});
    writer.section(".data..percpu", {{writer.variable("word", word), 0, 8},
                                     {writer.variable("number", number), 8, 4},
                                     {writer.variable("narrow", writer.array(narrow, 2)), 12, 8},
                                     {writer.variable("pair", pair), 24, 16},
                                     {writer.variable("packed", packed), 40, 9},
                                     {writer.variable("pointer", writer.pointer(0)), 56, 8}});
    btf = std::make_unique<Btf>(Btf::parse(writer.bytes()));
    of_kernel = inspect::variables_of(*btf, std::string(inspect::kernel_name));
    of_module = inspect::variables_of(*btf, "kvm");
    std::filesystem::create_directories(modules / "kvm");
  }
  void TearDown() override { std::filesystem::remove_all(modules); }

  static Chosen choose(const std::vector<Variable>& variables, const std::string& word,
                       std::vector<std::uint32_t> cpus) {
    const inspect::Request request = inspect::parse_request(word);
    const Variable& variable =
        *std::find_if(variables.begin(), variables.end(),
                      [&](const Variable& one) { return one.name == request.variable; });
    return {.variable = &variable,
            .place = inspect::resolve(*variable.btf, variable.type, request),
            .cpus = std::move(cpus)};
  }
  [[nodiscard]] Watched watch(std::vector<Chosen> chosen) const {
    std::vector<std::uint32_t> cpus = cpus_of(chosen);
    return {std::move(chosen), std::move(cpus), std::make_unique<PreparedReader>(memory),
            inspect::LoadedModules(modules)};
  }
  static Look look(Watched& watched) {
    Look look;
    watched.look(look, watched.cpus());
    return look;
  }

  BtfWriter writer;
  std::unique_ptr<Btf> btf;
  std::vector<Variable> of_kernel;
  std::vector<Variable> of_module;
  Memory memory;
  const std::filesystem::path modules =
      std::filesystem::path(testing::TempDir()) / ("watched-" + std::to_string(::getpid()));
};

TEST_F(Watching, EachOnItsOwnCpus) {
  Watched watched = watch({choose(of_kernel, "word", {0, 7}), choose(of_kernel, "pair", {3}),
                           choose(of_kernel, "word", {7})});
  EXPECT_EQ(std::vector(watched.cpus().begin(), watched.cpus().end()),
            (std::vector<std::uint32_t>{0, 3, 7}));
  std::string told;
  for (const Track& track : watched.tracks()) {
    told += track.name + (track.is_signed ? " signed" : "") + ' ' + std::to_string(track.width);
    for (const std::size_t cpu : track.cpus) told += ' ' + std::to_string(cpu);
    told += '\n';
  }
  EXPECT_EQ(told,
            "word 64 0 2\n"
            "pair.a 64 1\n"
            "pair.b signed 32 1\n"
            "word 64 2\n");

  // The reader has all on all CPUs, as the one of a kernel does.
  for (std::size_t cpu = 0; cpu < 3; ++cpu) {
    memory[{0, cpu}] = bytes_of(10 + cpu);
    memory[{1, cpu}] = bytes_of(20 + cpu, 16);
    memory[{2, cpu}] = bytes_of(30 + cpu);
  }
  const Look seen = look(watched);
  using Row = std::vector<std::optional<std::uint64_t>>;
  EXPECT_EQ(seen.values, (Row{10, {}, 12, {}, 21, {}, {}, 0, {}, {}, {}, 32}));
  EXPECT_EQ(seen.unread, std::vector<std::string>(4));
  EXPECT_FALSE(watched.has_missed());
}

TEST_F(Watching, CpusThatAreOnline) {
  Watched watched = watch({choose(of_kernel, "word", {0, 3, 7})});
  Look look;
  const std::vector<std::uint32_t> online{0, 1, 7};
  watched.look(look, online);
  EXPECT_EQ(look.online, (std::vector<bool>{true, false, true}));
}

// As var read shows them, whatever bits they have.
TEST_F(Watching, NumbersAreWhatTheDecoderMakesOfThem) {
  std::vector<Chosen> chosen;
  for (const char* const name : {"word", "number", "narrow", "pair", "packed"}) {
    chosen.push_back(choose(of_kernel, name, {0}));
    Bytes& bytes = memory[{chosen.size() - 1, 0}];
    bytes.resize(chosen.back().place.size);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(0xe5 + 37 * i);
  }
  std::vector<std::uint64_t> expected;
  for (std::size_t i = 0; i < chosen.size(); ++i)
    inspect::for_each_leaf(*btf, chosen[i].place, memory[{i, 0}], {},
                           [&](const inspect::Leaf& leaf) { expected.push_back(leaf.bits); });
  Watched watched = watch(chosen);
  const Look seen = look(watched);
  ASSERT_EQ(seen.values.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(seen.values[i], expected[i]) << watched.tracks()[i].name;
}

TEST_F(Watching, OfANinthByteAndFromWithinAByte) {
  Watched watched =
      watch({choose(of_kernel, "packed.wide", {0}), choose(of_kernel, "narrow[1]", {0})});
  const std::uint64_t wide = 0xfedcba9876543211;
  memory[{0, 0}] = bytes_of(wide << 5, 9);
  memory[{0, 0}][8] = static_cast<std::byte>(wide >> 59);
  memory[{1, 0}] = bytes_of(static_cast<std::uint64_t>(-777) << 5 & 0xffff, 4);
  const Look seen = look(watched);
  EXPECT_EQ(seen.values[0], wide);
  EXPECT_EQ(seen.values[1], static_cast<std::uint64_t>(-777));
  EXPECT_EQ(watched.tracks()[0].name, "packed.wide");
  EXPECT_EQ(watched.tracks()[1].name, "narrow[1]");
}

TEST_F(Watching, WhatCannotBeReadIsNoZero) {
  Watched watched = watch({choose(of_kernel, "word", {0, 1}), choose(of_kernel, "pair", {0, 1})});
  memory[{0, 1}] = bytes_of(5);
  watched.expect_something();
  Look seen = look(watched);
  using Row = std::vector<std::optional<std::uint64_t>>;
  EXPECT_EQ(seen.values, (Row{{}, 5, {}, {}, {}, {}}));
  EXPECT_EQ(seen.unread, (std::vector<std::string>{"there is none of 0", "there is none of 1",
                                                   "there is none of 1"}));
  EXPECT_TRUE(watched.has_missed());
  // In the same look again, as a watch does.
  memory[{0, 0}] = bytes_of(4);
  memory.erase({0, 1});
  watched.look(seen, watched.cpus());
  EXPECT_EQ(seen.values, (Row{4, {}, {}, {}, {}, {}}));
  memory[{0, 1}] = bytes_of(6);
  watched.look(seen, watched.cpus());
  EXPECT_EQ(seen.unread[0], "");
}

TEST_F(Watching, AModuleThatGoes) {
  Watched watched = watch({choose(of_module, "word", {0}), choose(of_kernel, "word", {0})});
  // Both can be read for ever: something else lies there then.
  memory[{0, 0}] = bytes_of(4);
  memory[{1, 0}] = bytes_of(5);
  EXPECT_EQ(look(watched).values[0], 4U);
  EXPECT_EQ(watched.tracks()[0].name, "kvm::word");
  std::filesystem::remove(modules / "kvm");
  for (int i = 0; i < 2; ++i) {
    const Look seen = look(watched);
    EXPECT_FALSE(seen.values[0].has_value());
    EXPECT_EQ(seen.values[1], 5U);
    EXPECT_EQ(seen.unread, (std::vector<std::string>{"module kvm has been unloaded", ""}));
    std::filesystem::create_directory(modules / "kvm");
  }
  EXPECT_TRUE(watched.has_missed());
}

TEST_F(Watching, OfNothingIsRefused) {
  EXPECT_THROW((void)watch({choose(of_kernel, "pointer", {0})}), UsageError);
  Watched watched = watch({choose(of_kernel, "pointer", {0}), choose(of_kernel, "word", {0, 1})});
  memory[{0, 0}] = bytes_of(1);
  try {
    watched.expect_something();
    FAIL() << "there is no number that could be read";
  } catch (const inspect::InspectError& error) {
    EXPECT_NE(std::string(error.what()).find("word: there is none of 1"), std::string::npos)
        << error.what();
    EXPECT_NE(error.remedy().find("pcpu doctor"), std::string::npos);
    EXPECT_EQ(failure_from(error).exit_code, ExitCode::failed);
  }
}

}  // namespace
}  // namespace percpu_scope::cli
