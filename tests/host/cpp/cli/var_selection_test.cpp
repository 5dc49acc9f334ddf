// SPDX-License-Identifier: GPL-2.0-only
//
// Words to parts of variables, on CPUs whose numbers have gaps.
#include "cli/var/var_selection.hpp"

#include <gtest/gtest.h>

#include "btf_samples.hpp"
#include "cli/frame/exit_code.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

using Cpus = std::vector<std::uint32_t>;

class VarSelection : public testing::Test {
 protected:
  static inspect::Catalogue made() {
    BtfWriter kernel;
    const int word = kernel.integer("unsigned int", 4);
    const int pair = kernel.struct_of("pair", 8, {{"llvm", word, 0}, {"second", word, 32}});
    kernel.section(".data..percpu", {{kernel.variable("count.0", pair), 0, 8},
                                     {kernel.variable("state", pair), 8, 8},
                                     {kernel.variable("state.llvm.123", word), 16, 4}});
    BtfWriter module(&kernel);
    module.section(".data..percpu", {{module.variable("own.1", word), 0, 4}});
    inspect::Catalogue catalogue(inspect::Btf::parse(kernel.bytes()));
    catalogue.add(
        "m", [&](const inspect::Btf* base) { return inspect::Btf::parse(module.bytes(), base); });
    return catalogue;
  }
  [[nodiscard]] std::vector<Chosen> choose(const std::vector<std::string>& words,
                                           const std::string& module = {}) const {
    return choose_variables(catalogue, words, module, possible);
  }
  [[nodiscard]] std::string told(const std::string& word, const std::string& module = {}) const {
    const Chosen chosen = choose({word}, module).at(0);
    return chosen.variable->module + "::" + chosen.variable->name + "|" + chosen.place.path;
  }

  const inspect::Catalogue catalogue = made();
  const Cpus possible{0, 1, 8, 9, 64};
};

TEST_F(VarSelection, NamesWithDots) {
  EXPECT_EQ(told("count.0"), "vmlinux::count.0|");
  EXPECT_EQ(told("count.0.second"), "vmlinux::count.0|second");
  EXPECT_EQ(told("state.llvm"), "vmlinux::state|llvm");
  EXPECT_EQ(told("state.llvm.123"), "vmlinux::state.llvm.123|");
  EXPECT_EQ(told("own.1"), "m::own.1|");
  EXPECT_EQ(told("m::own.1"), "m::own.1|");
  EXPECT_EQ(told("own.1", "m"), "m::own.1|");
  EXPECT_EQ(told("vmlinux::state.second"), "vmlinux::state|second");
  try {
    (void)choose({"count.1"});
    FAIL();
  } catch (const UnknownNameError& error) {
    EXPECT_EQ(error.name(), "count.1");
    EXPECT_EQ(error.known().front(), "count.0");
  }
}

TEST_F(VarSelection, CpusWithGaps) {
  EXPECT_EQ(choose({"state"}).at(0).cpus, possible);
  EXPECT_EQ(choose({"state:a"}).at(0).cpus, possible);
  EXPECT_EQ(choose({"state:8-9,64"}).at(0).cpus, (Cpus{8, 9, 64}));
  for (const char* const word : {"state:2", "state:0-8", "state:63"})
    EXPECT_THROW((void)choose({word}), UsageError) << word;
  const std::vector<Chosen> both = choose({"state:64", "count.0:1,9"});
  EXPECT_EQ(cpus_of(both), (Cpus{1, 9, 64}));
}

TEST_F(VarSelection, AllButWhatHasNoSize) {
  EXPECT_EQ(all_variables(catalogue, "", possible).size(), 4U);
  EXPECT_EQ(all_variables(catalogue, "m", possible).size(), 1U);
}

}  // namespace
}  // namespace percpu_scope::cli
