// SPDX-License-Identifier: GPL-2.0-only
//
// Tables for people.
#include "cli/render/table.hpp"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

namespace percpu_scope::cli {
namespace {

TEST(Cell, FormatsEveryKind) {
  EXPECT_EQ(format_cell(Json()), "-");
  EXPECT_EQ(format_cell(Json(true)), "yes");
  EXPECT_EQ(format_cell(Json(false)), "no");
  EXPECT_EQ(format_cell(Json("text")), "text");
  EXPECT_EQ(format_cell(Json("two\n\tlines\n")), "two\\n\\tlines\\n");
  EXPECT_EQ(format_cell(Json(UINT64_MAX)), "18446744073709551615");
  EXPECT_EQ(format_cell(Json(-1)), "-1");
  EXPECT_EQ(format_cell(Json::array({"a", 2})), "a,2");
  EXPECT_EQ(format_cell(Json::array()), "-");
}

TEST(Cell, HumanNumbers) {
  EXPECT_EQ(format_human(0), "0");
  EXPECT_EQ(format_human(9'999), "9999");
  EXPECT_EQ(format_human(10'000), "10.0k");
  EXPECT_EQ(format_human(999'949), "999.9k");
  EXPECT_EQ(format_human(999'950), "1.0M");
  EXPECT_EQ(format_human(12'345'678), "12.3M");
  EXPECT_EQ(format_human(UINT64_MAX), "18.4E");
  EXPECT_EQ(format_cell(Json(12'345), Numbers::human), "12.3k");
  EXPECT_EQ(format_cell(Json(-12'345), Numbers::human), "-12.3k");
  EXPECT_EQ(format_cell(Json(INT64_MIN), Numbers::human), "-9.2E");
}

TEST(Table, AlignsTextLeftAndNumbersRight) {
  const Json rows = Json::array({{{"name", "a"}, {"count", 7}, {"at", "0x10"}},
                                 {{"name", "longer"}, {"count", 12345}, {"at", nullptr}}});
  static const std::array columns{Column{"name"}, Column{"count", "how many"}, Column{"at"}};
  EXPECT_EQ(render_table(rows, columns),
            "name    how many    at\n"
            "a              7  0x10\n"
            "longer     12345     -\n");
}

TEST(Table, MissingMembersAreDashesAndLinesHaveNoTrailingSpace) {
  const Json rows = Json::array({{{"a", "x"}}, {{"a", "y"}, {"b", "text"}}});
  static const std::array columns{Column{"a"}, Column{"b"}};
  EXPECT_EQ(render_table(rows, columns), "a  b\nx  -\ny  text\n");
}

TEST(Table, OnlyQuantitiesAreForHumans) {
  const Json rows = Json::array({{{"id", 20'000U}, {"rate", 20'000U}}});
  static const std::array columns{Column{"id"}, Column{"rate", {}, true}};
  EXPECT_EQ(render_table(rows, columns, Numbers::human), "   id   rate\n20000  20.0k\n");
  EXPECT_EQ(render_table(rows, columns, Numbers::exact), "   id   rate\n20000  20000\n");
}

TEST(Table, OfNothingIsItsHeader) {
  static const std::array columns{Column{"a"}, Column{"b"}};
  EXPECT_EQ(render_table(Json::array(), columns), "a  b\n");
}

TEST(List, AlignsValues) {
  EXPECT_EQ(render_list(Json{{"page_size", 4096}, {"id", 1}}), "page size  4096\nid         1\n");
}

}  // namespace
}  // namespace percpu_scope::cli
