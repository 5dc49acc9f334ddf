// SPDX-License-Identifier: GPL-2.0-only
//
// Readings of variables: leaves, tables, saved files, differences.
#include "cli/var/leaves.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/frame/exit_code.hpp"

namespace percpu_scope::cli {
namespace {

Json variable(const std::string& name, Json values, const std::string& module = "vmlinux",
              const std::string& path = "", const std::string& type = "struct s") {
  return Json{{"name", name}, {"module", module}, {"path", path},
              {"type", type}, {"size", 8},        {"values", std::move(values)}};
}

Json reading(std::vector<Json> variables) {
  return Json{{"method", "generic"}, {"variables", std::move(variables)}};
}

Json two_fields(std::uint64_t a, std::uint64_t b) {
  return Json{{"a", a}, {"b", Json::array({b, 0})}};
}

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

TEST(SavedReading, IsReadBack) {
  const Json document = reading({variable("n", {{"0", UINT64_MAX}})});
  EXPECT_EQ(parse_reading(document.dump(), "a.json"), document);
}

TEST(SavedReading, NestedWithoutEndIsRefused) {
  EXPECT_THROW((void)parse_reading(std::string(100'000, '['), "a.json"), UsageError);
  EXPECT_THROW((void)parse_reading(R"({"variables":)" + std::string(100'000, '['), "a.json"),
               UsageError);
}

class Malformed : public testing::TestWithParam<const char*> {};

TEST_P(Malformed, NamesTheFile) {
  try {
    (void)parse_reading(GetParam(), "a.json");
    FAIL() << "taken: " << GetParam();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("a.json"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Malformed,
    testing::Values("", "{", "[]", "{}", R"({"variables":1})", R"({"variables":[1]})",
                    R"({"variables":[{"name":"x"}]})",
                    R"({"variables":[{"name":1,"module":"m","path":"","type":"t","values":{}}]})",
                    R"({"variables":[{"name":"x","module":"m","path":"","type":"t"}]})",
                    R"({"variables":[{"name":"x","module":"m","path":"","type":"t","values":[]}]})",
                    "\xff\xfe"));

Json only_difference(const Json& before, const Json& after) {
  const Json document = compare_readings(reading({variable("n", {{"0", before}})}),
                                         reading({variable("n", {{"0", after}})}));
  EXPECT_FALSE(document.at("same").get<bool>());
  EXPECT_EQ(document.at("differences").size(), 1U);
  return document.at("differences").at(0).at("difference");
}

TEST(Difference, KeepsSignAndAllBits) {
  EXPECT_EQ(only_difference(5, 8), 3);
  EXPECT_EQ(only_difference(8, 5), -3);
  EXPECT_EQ(only_difference(0, UINT64_MAX), UINT64_MAX);
  EXPECT_EQ(only_difference(-1, 1), 2);
  EXPECT_EQ(only_difference(1, -1), -2);
  EXPECT_EQ(only_difference(-5, -8), -3);
  EXPECT_EQ(only_difference(-8, -5), 3);
  EXPECT_EQ(only_difference(INT64_MIN, INT64_MAX), UINT64_MAX);
  EXPECT_EQ(only_difference(std::uint64_t{1} << 63, 0), INT64_MIN);
}

TEST(Difference, ThatDoesNotFitIsNone) {
  EXPECT_TRUE(only_difference(UINT64_MAX, 0).is_null());
  EXPECT_TRUE(only_difference(INT64_MAX, INT64_MIN).is_null());
  EXPECT_TRUE(only_difference(UINT64_MAX, INT64_MIN).is_null());
  EXPECT_TRUE(only_difference("idle", "busy").is_null());
  EXPECT_TRUE(only_difference(true, false).is_null());
  EXPECT_TRUE(only_difference(nullptr, 1).is_null());
}

TEST(Comparison, OfTheSameIsEmpty) {
  const Json document = reading({variable("s", {{"0", two_fields(1, 2)}})});
  const Json result = compare_readings(document, document);
  EXPECT_TRUE(result.at("same").get<bool>());
  EXPECT_EQ(render_differences(result, Numbers::exact), "");
}

TEST(Comparison, NamesTheLeafAndTheCpu) {
  const Json result = compare_readings(
      reading({variable("s", {{"0", two_fields(1, 2)}, {"1", two_fields(1, 2)}})}),
      reading({variable("s", {{"0", two_fields(1, 2)}, {"1", two_fields(1, 9)}})}));
  EXPECT_EQ(render_differences(result, Numbers::exact),
            "variable  cpu  before  after  difference  note\n"
            "s.b[0]    1         2      9           7     -\n");
}

TEST(Comparison, TellsWhatOnlyOneHas) {
  const Json result =
      compare_readings(reading({variable("gone", {{"0", 1}}), variable("n", {{"0", 1}}),
                                variable("t", {{"0", 1}}, "vmlinux", "", "int")}),
                       reading({variable("n", {{"1", 1}}), variable("new", {{"0", 1}}),
                                variable("t", {{"0", 1}}, "vmlinux", "", "long")}));
  std::vector<std::string> notes;
  for (const Json& row : result.at("differences"))
    notes.push_back(row.at("variable").get<std::string>() + ": " +
                    row.at("note").get<std::string>());
  EXPECT_EQ(notes, (std::vector<std::string>{"gone: only in the first", "n: CPU only in the first",
                                             "n: CPU only in the second", "t: type changed",
                                             "new: only in the second"}));
}

// What a comparison says, a line for each difference.
std::vector<std::string> told(const Json& before, const Json& after) {
  const Json result = compare_readings(before, after);
  EXPECT_EQ(result.at("same").get<bool>(), result.at("differences").empty());
  std::vector<std::string> lines;
  for (const Json& row : result.at("differences"))
    lines.push_back(row.at("variable").get<std::string>() + ":" + format_cell(row.at("cpu")) + " " +
                    format_cell(row.at("before")) + " " + format_cell(row.at("after")) + " (" +
                    format_cell(row.at("note")) + ")");
  return lines;
}
using Lines = std::vector<std::string>;

// pcpu var read x:0 x:1
TEST(Comparison, EntriesForSomeCpusAreOneVariable) {
  const Json before = reading({variable("n", {{"0", 1}}), variable("n", {{"1", 2}})});
  const Json after = reading({variable("n", {{"0", 1}}), variable("n", {{"1", 3}})});
  EXPECT_EQ(told(before, after), Lines{"n:1 2 3 (-)"});
  EXPECT_EQ(told(before, before), Lines{});
  // However they came.
  const Json at_once = reading({variable("n", {{"0", 1}, {"1", 2}})});
  EXPECT_EQ(told(before, at_once), Lines{});
  EXPECT_EQ(told(at_once, reading({variable("n", {{"1", 2}}), variable("n", {{"0", 1}})})),
            Lines{});
  EXPECT_EQ(told(before, reading({variable("n", {{"0", 1}})})),
            Lines{"n:1 2 - (CPU only in the first)"});
  EXPECT_EQ(told(before, reading({variable("n", {{"0", 1}}), variable("n", {{"1", 2}}, "kvm")})),
            (Lines{"n:1 2 - (CPU only in the first)", "kvm::n:- - - (only in the second)"}));
}

TEST(Comparison, CpusAreInOrder) {
  EXPECT_EQ(told(reading({variable("n", {{"10", 1}, {"2", 1}})}),
                 reading({variable("n", {{"10", 2}, {"2", 2}})})),
            (Lines{"n:2 1 2 (-)", "n:10 1 2 (-)"}));
}

// Two static variables of one name in one object.
TEST(Comparison, OfEqualNamesIsInOrder) {
  const auto twice = [](int first, int second, int third) {
    return reading({variable("n", {{"0", first}, {"1", 0}}),
                    variable("n", {{"0", second}, {"1", 0}}),
                    variable("n", {{"0", third}, {"1", 0}})});
  };
  EXPECT_EQ(told(twice(1, 2, 3), twice(1, 2, 3)), Lines{});
  EXPECT_EQ(told(twice(1, 2, 3), twice(1, 5, 6)),
            (Lines{"n:0 2 5 (the second of its name)", "n:0 3 6 (the third of its name)"}));
  EXPECT_EQ(told(twice(1, 2, 3), reading({variable("n", {{"0", 1}, {"1", 0}})})),
            (Lines{"n:- - - (only in the first; the second of its name)",
                   "n:- - - (only in the first; the third of its name)"}));
}

// pcpu var ptr p=int p=long
TEST(Comparison, OfOneAsSeveralTypes) {
  const auto as_both = [](int as_int, int as_long) {
    return reading({variable("p", {{"0", as_int}}, "vmlinux", "", "int"),
                    variable("p", {{"0", as_long}}, "vmlinux", "", "long")});
  };
  EXPECT_EQ(told(as_both(1, 2), as_both(1, 2)), Lines{});
  EXPECT_EQ(told(as_both(1, 2), as_both(1, 3)), Lines{"p:0 2 3 (as long)"});
  const Json as_int = reading({variable("p", {{"0", 1}}, "vmlinux", "", "int")});
  EXPECT_EQ(told(as_both(1, 2), as_int), Lines{"p:- - - (only in the first; as long)"});
  EXPECT_EQ(told(as_int, as_both(3, 2)),
            (Lines{"p:0 1 3 (as int)", "p:- - - (only in the second; as long)"}));
}

TEST(Comparison, OfShapesThatDiffer) {
  const Json result = compare_readings(
      reading({variable("c", {{"0", "swapper"}}), variable("a", {{"0", Json::array({1})}})}),
      reading(
          {variable("c", {{"0", Json::array({1})}}), variable("a", {{"0", Json::array({1, 2})}})}));
  EXPECT_EQ(result.at("differences").size(), 2U);
  EXPECT_EQ(result.at("differences").at(0).at("variable"), "a[1]");
  EXPECT_TRUE(result.at("differences").at(0).at("before").is_null());
  EXPECT_EQ(result.at("differences").at(1).at("variable"), "c");
}

}  // namespace
}  // namespace percpu_scope::cli
