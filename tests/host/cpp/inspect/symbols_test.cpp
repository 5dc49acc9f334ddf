// SPDX-License-Identifier: GPL-2.0-only
//
// kallsyms, and which of its symbols is which variable.
#include "inspect/kernel/symbols.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "inspect/error.hpp"

namespace percpu_scope {
namespace {

using inspect::InspectError;
using inspect::Problem;
using inspect::SymbolName;
using inspect::Symbols;

constexpr std::string_view text =
    "0000000000000000 A fixed_percpu_data\n"
    "0000000000001040 a count\n"
    "ffffffff81000000 T _stext\n"
    "ffffffff81000010 t count\n"
    "ffffffff82000000 D jiffies\n"
    "ffffffff82000008 b twice\n"
    "ffffffff82000010 d twice\n"
    "ffffffff82000018 d same\n"
    "ffffffff82000018 d same\n"
    "ffffffffc0001000 d count\t[nfsd]\n"
    "ffffffffc0002000 d count\t[kvm-intel]\n"
    "ffffffffc0003000 t bpf_prog_6deef7357e7b4530\t[bpf]\n"
    "ffffffffc0004000 d tramp\t[__builtin__ftrace]";

const std::vector<SymbolName> wanted{{"vmlinux", "count"},
                                     {"vmlinux", "fixed_percpu_data"},
                                     {"vmlinux", "jiffies"},
                                     {"vmlinux", "twice"},
                                     {"vmlinux", "same"},
                                     {"vmlinux", "tramp"},
                                     {"nfsd", "count"},
                                     {"kvm-intel", "count"},
                                     {"__builtin__ftrace", "tramp"},
                                     {"vmlinux", "absent"}};

void expect_all(const Symbols& symbols) {
  EXPECT_EQ(symbols.find({"vmlinux", "fixed_percpu_data"}), 0U);
  // Not the function of that name, and not the modules'.
  EXPECT_EQ(symbols.find({"vmlinux", "count"}), 0x1040U);
  EXPECT_EQ(symbols.find({"nfsd", "count"}), 0xffffffffc0001000);
  EXPECT_EQ(symbols.find({"kvm-intel", "count"}), 0xffffffffc0002000);
  EXPECT_EQ(symbols.find({"vmlinux", "same"}), 0xffffffff82000018);
  EXPECT_EQ(symbols.find({"__builtin__ftrace", "tramp"}), 0xffffffffc0004000);
  EXPECT_EQ(symbols.find({"vmlinux", "tramp"}), std::nullopt);
  EXPECT_EQ(symbols.find({"vmlinux", "absent"}), std::nullopt);
  EXPECT_THROW((void)symbols.find({"vmlinux", "twice"}), InspectError);
  EXPECT_EQ(symbols.all({"vmlinux", "twice"}).size(), 2U);
}

TEST(Symbols, AreFound) { expect_all(Symbols::parse(text, wanted)); }

// Longer than what is read at once, so that lines are cut.
TEST(Symbols, AreFoundInAFile) {
  const std::string path = testing::TempDir() + "kallsyms." + std::to_string(::getpid());
  {
    std::ofstream file(path);
    for (int i = 0; i < 5000; ++i) file << "ffffffff83000000 t filler_number_" << i << '\n';
    file << text;
  }
  expect_all(Symbols::load(wanted, path));
  std::remove(path.c_str());
}

// However little is held at once, and what does not fit is no symbol, nor is its tail.
TEST(Symbols, AreFoundAPieceAtATime) {
  const std::string path = testing::TempDir() + "kallsyms." + std::to_string(::getpid());
  constexpr std::size_t room = 64;
  for (std::size_t filler = 0; filler < 3 * room; ++filler) {
    std::ofstream(path) << std::string(filler, 'x') << "0000000000000010 d count\n" << text;
    SCOPED_TRACE(filler);
    const Symbols symbols = Symbols::load(wanted, path, room);
    EXPECT_EQ(symbols.all({"vmlinux", "count"}).size(), filler == 0 ? 2U : 1U);
    EXPECT_EQ(symbols.find({"nfsd", "count"}), 0xffffffffc0001000);
    EXPECT_EQ(symbols.find({"__builtin__ftrace", "tramp"}), 0xffffffffc0004000);
  }
  std::remove(path.c_str());
}

// What the kernel finds by name alone: functions too, other modules', and twice what is
// there twice; not what BPF and ftrace make.
TEST(Symbols, OwnersOfNames) {
  const std::string path = testing::TempDir() + "kallsyms." + std::to_string(::getpid());
  std::ofstream(path) << text;
  const std::vector<std::string_view> names{"count", "same", "tramp", "absent"};
  inspect::Owners owners = inspect::owners_of(names, path);
  std::remove(path.c_str());
  EXPECT_EQ(owners["count"], (std::vector<std::string>{"vmlinux", "vmlinux", "nfsd", "kvm-intel"}));
  EXPECT_EQ(owners["same"].size(), 2U);
  EXPECT_FALSE(owners.contains("tramp"));
  EXPECT_FALSE(owners.contains("absent"));
}

TEST(Symbols, OfData) {
  const auto symbols = Symbols::data_symbols(text);
  ASSERT_EQ(symbols.size(), 10U);
  EXPECT_EQ(symbols[1].first, (SymbolName{"vmlinux", "count"}));
  EXPECT_EQ(symbols[1].second, 0x1040U);
}

TEST(Symbols, HiddenOnesAreRefused) {
  const std::string_view hidden = "0000000000000000 A count\n0000000000000000 T _stext\n";
  try {
    (void)Symbols::parse(hidden, wanted);
    FAIL();
  } catch (const InspectError& error) {
    EXPECT_EQ(error.problem(), Problem::hidden_symbols);
    EXPECT_FALSE(error.remedy().empty());
  }
  EXPECT_THROW((void)Symbols::load(wanted, "/nonexistent"), InspectError);
}

TEST(Symbols, OfA32BitKernel) {
  EXPECT_EQ(Symbols::parse("c1234560 D count\n", wanted).find({"vmlinux", "count"}), 0xc1234560U);
}

class BrokenLine : public testing::TestWithParam<const char*> {};

TEST_P(BrokenLine, IsPassedOver) {
  const std::string whole = std::string(GetParam()) + "\nffffffff82000000 D jiffies\n";
  const Symbols symbols = Symbols::parse(whole, wanted);
  EXPECT_EQ(symbols.find({"vmlinux", "jiffies"}), 0xffffffff82000000);
  EXPECT_EQ(symbols.find({"vmlinux", "count"}), std::nullopt);
  EXPECT_EQ(symbols.find({"nfsd", "count"}), std::nullopt);
  // Nor is it one whose address is hidden.
  EXPECT_NO_THROW((void)Symbols::parse(std::string(GetParam()) + "\n", wanted));
}

TEST(Symbols, HaveNamesAndTypes) {
  using namespace std::string_view_literals;
  for (const std::string_view line : {"ffffffff82000000 D \t[nfsd]"sv, "ffffffff82000000 D x\t[]"sv,
                                      "ffffffff82000000 \0 x"sv, "ffffffff82000000 D "sv})
    EXPECT_TRUE(Symbols::data_symbols(line).empty()) << line;
}

INSTANTIATE_TEST_SUITE_P(
    Symbols, BrokenLine,
    testing::Values("", " ", "]", "ffffffff82000000 D ", "ffffffff82000000 D", "ffffffff82000000",
                    "fffffffff2000000 D ]", "gggggggggggggggg D count", "ffffffff8200000 D count",
                    "ffffffff82000000 D count\t[nfsd", "ffffffff82000000 D count [nfsd]",
                    "ffffffff82000000 D count\tnfsd]", "ffffffff82000000 D \t[nfsd]",
                    "ffffffff82000000 D count\t[]", "\t[]\t[]\t[]\t[]\t[]]]]",
                    "0x1234567812345 D count", "-000000000000001 D count"));

}  // namespace
}  // namespace percpu_scope
