// SPDX-License-Identifier: GPL-2.0-only
//
// Saved readings: read back, refused, compared.
#include "cli/var/differences.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/frame/exit_code.hpp"
#include "readings.hpp"

namespace percpu_scope::cli {
namespace {

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
    testing::Values(
        "", "{", "[]", "{}", R"({"variables":1})", R"({"variables":[1]})",
        R"({"variables":[{"name":"x"}]})",
        R"({"variables":[{"name":1,"module":"m","path":"","type":"t","values":{}}]})",
        R"({"variables":[{"name":"x","module":"m","path":"","type":"t"}]})",
        R"({"variables":[{"name":"x","module":"m","path":"","type":"t","values":[]}]})",
        R"({"variables":[{"name":"x","module":"m","path":"","type":"t","values":{"a":1}}]})",
        R"({"schema":2,"variables":[]})", "\xff\xfe"));

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
            "s.b[0]      1       2      9           7     -\n");
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

TEST(Comparison, TellsCpusAsNumbers) {
  const Json result = compare_readings(reading({variable("n", {{"10", 1}})}),
                                       reading({variable("n", {{"10", 2}})}));
  EXPECT_EQ(result.at("differences").at(0).at("cpu").dump(), "10");
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
