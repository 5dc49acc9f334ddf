// SPDX-License-Identifier: GPL-2.0-only
//
// Which symbol is which variable, where names mislead.
#include "inspect/kernel/addresses.hpp"

#include <gtest/gtest.h>

#include "btf_samples.hpp"

namespace percpu_scope {
namespace {

using inspect::Catalogue;
using inspect::Variable;

using Found = std::vector<std::optional<std::uint64_t>>;

// A module with these variables, 8 bytes apart, and where /proc/kallsyms has them.
Found addresses_in_module(std::initializer_list<const char*> variables, std::string_view kallsyms) {
  BtfWriter kernel;
  const int word = kernel.integer("long unsigned int", 8);
  kernel.section(".data..percpu",
                 {{kernel.variable("own", word), 64, 8}, {kernel.variable("other", word), 72, 8}});
  BtfWriter module(&kernel);
  std::vector<BtfWriter::Entry> entries;
  for (const char* const name : variables)
    entries.push_back(
        {module.variable(name, word), static_cast<std::uint32_t>(8 * entries.size()), 8});
  module.section(".data..percpu", entries);
  Catalogue catalogue(inspect::Btf::parse(kernel.bytes()));
  catalogue.add(
      "m", [&](const inspect::Btf* base) { return inspect::Btf::parse(module.bytes(), base); });
  std::vector<const Variable*> wanted;
  for (const Variable& variable : catalogue.variables()) wanted.push_back(&variable);
  const auto symbols = inspect::Symbols::parse(kallsyms, inspect::symbols_for(catalogue, wanted));
  return inspect::addresses_of(catalogue, wanted, symbols);
}

// The first one's symbol is an ordinary variable's, as of clang, which calls the other
// "a.llvm.1": it must move nothing, and is not read.
TEST(Addresses, TheMajorityTellsTheStart) {
  EXPECT_EQ(addresses_in_module({"a", "b", "c"},
                                "00000000c0009000 d a\t[m]\n"
                                "00000000c0001008 d b\t[m]\n"
                                "00000000c0001010 d c\t[m]\n"),
            (Found{{}, {}, {}, 0xc0001008, 0xc0001010}));
  // Without any symbol of its own it is where BTF says.
  EXPECT_EQ(addresses_in_module({"a", "b", "c"},
                                "00000000c0001008 d b\t[m]\n"
                                "00000000c0001010 d c\t[m]\n"),
            (Found{{}, {}, 0xc0001000, 0xc0001008, 0xc0001010}));
}

TEST(Addresses, OfATieAreNone) {
  EXPECT_EQ(addresses_in_module({"a", "b"},
                                "00000000c0009000 d a\t[m]\n"
                                "00000000c0001008 d b\t[m]\n"),
            (Found{{}, {}, {}, {}}));
  EXPECT_EQ(addresses_in_module({"a"}, "00000000c0009000 d a\t[m]\n"), (Found{{}, {}, 0xc0009000}));
}

TEST(Addresses, TwoOfOneNameInOneObject) {
  EXPECT_EQ(addresses_in_module({"a", "b", "a"},
                                "00000000c0001000 d a\t[m]\n"
                                "00000000c0001010 d a\t[m]\n"
                                "00000000c0001008 d b\t[m]\n"),
            (Found{{}, {}, 0xc0001000, 0xc0001008, 0xc0001010}));
}

// Both agree on another start; the linker knows better.
TEST(Addresses, OfTheKernelAreHeldAgainstItsStart) {
  EXPECT_EQ(addresses_in_module({},
                                "ffffffff82000040 d own\n"
                                "ffffffff82000048 d other\n"
                                "0000000000001000 A __per_cpu_start\n"),
            (Found{{}, {}}));
  EXPECT_EQ(addresses_in_module({},
                                "0000000000001040 A own\n"
                                "ffffffff82000048 d other\n"
                                "0000000000001000 A __per_cpu_start\n"),
            (Found{0x1040, {}}));
}

}  // namespace
}  // namespace percpu_scope
