// SPDX-License-Identifier: GPL-2.0-only
//
// Readings of variables: leaves and tables.
#include "cli/var/leaves.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "readings.hpp"

namespace percpu_scope::cli {
namespace {

TEST(Expression, IsWhatVarReadTakes) {
  EXPECT_EQ(expression_of(variable("x", {})), "x");
  EXPECT_EQ(expression_of(variable("x", {}, "vmlinux", "f.g[2]")), "x.f.g[2]");
  EXPECT_EQ(expression_of(variable("x", {}, "vmlinux", "[2].g")), "x[2].g");
  EXPECT_EQ(expression_of(variable("x", {}, "nfsd", "f")), "nfsd::x.f");
}

TEST(Leaves, HaveTheirPaths) {
  const Json value{{"a", 1},
                   {"b", Json::array({Json{{"c", "text"}}, Json::object()})},
                   {"d", Json::array()},
                   {"e", nullptr}};
  std::vector<std::pair<std::string, std::string>> leaves;
  for_each_leaf(value, "x", [&](const std::string& path, const Json& leaf) {
    leaves.emplace_back(path, leaf.dump());
  });
  EXPECT_EQ(leaves, (std::vector<std::pair<std::string, std::string>>{{"x.a", "1"},
                                                                      {"x.b[0].c", "\"text\""},
                                                                      {"x.b[1]", "{}"},
                                                                      {"x.d", "[]"},
                                                                      {"x.e", "null"}}));
}

TEST(Reading, IsATableOfLeavesAndCpus) {
  const Json document = reading(
      {variable("n", {{"0", 7}, {"10", 8}}), variable("s", {{"2", two_fields(UINT64_MAX, 5)}})});
  EXPECT_EQ(render_reading(document, Numbers::exact),
            "variable  cpu0                  cpu2  cpu10\n"
            "n            7                     -      8\n"
            "s.a          -  18446744073709551615      -\n"
            "s.b[0]       -                     5      -\n"
            "s.b[1]       -                     0      -\n");
}

TEST(Reading, TellsAddressesOnceForEachVariable) {
  Json with_address = variable("s", {{"0", two_fields(1, 2)}});
  with_address["address"] = "0x1000";
  const Json document = reading({with_address, variable("n", {{"0", 7}})});
  EXPECT_EQ(render_reading(document, Numbers::exact),
            "variable  cpu0  address\n"
            "s.a          1   0x1000\n"
            "s.b[0]       2        -\n"
            "s.b[1]       0        -\n"
            "n            7        -\n");
}

TEST(Leaves, LongTextIsCutInTablesAlone) {
  const std::string text = "hex:" + std::string(98'304, '0');
  const Json document = reading({variable("stacks", Json{{"0", text}})});
  EXPECT_EQ(render_reading(document, Numbers::exact),
            "variable  cpu0\n"
            "stacks    hex:0000000000000000... (98308 characters)\n");
  EXPECT_EQ(render_flat(document), "stacks:0=" + text + "\n");
}

TEST(Reading, LeavesThatOnlyOneCpuHas) {
  // The same bytes are text on one CPU and none on the other.
  const Json document = reading({variable("c", {{"0", "swapper"}, {"1", Json::array({255, 1})}})});
  EXPECT_EQ(render_reading(document, Numbers::exact),
            "variable  cpu0     cpu1\n"
            "c         swapper     -\n"
            "c[0]      -         255\n"
            "c[1]      -           1\n");
}

TEST(Reading, OfCopiesOfDifferentShape) {
  const Json document = reading({variable(
      "s", {{"0", nullptr},
            {"2", Json{{"a", 1}, {"b", Json{{"c", 2}}}}},
            {"7", Json{{"b", Json{{"c", 3}, {"d", 4}}}, {"e", Json::array({5})}, {"a", 6}}}})});
  EXPECT_EQ(render_reading(document, Numbers::exact),
            "variable  cpu0  cpu2  cpu7\n"
            "s            -     -     -\n"
            "s.a          -     1     6\n"
            "s.b.c        -     2     3\n"
            "s.b.d        -     -     4\n"
            "s.e[0]       -     -     5\n");
}

TEST(Reading, FlatLinesCanBeAskedForAgain) {
  const Json document = reading({variable("s", {{"0", two_fields(1, 2)}, {"1", nullptr}}, "kvm")});
  EXPECT_EQ(render_flat(document),
            "kvm::s.a:0=1\n"
            "kvm::s.b[0]:0=2\n"
            "kvm::s.b[1]:0=0\n"
            "kvm::s:1=-\n");
}

}  // namespace
}  // namespace percpu_scope::cli
