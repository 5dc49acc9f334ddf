// SPDX-License-Identifier: GPL-2.0-only
//
// JSON values: what they are made of, how they are compared, written and read.
#include "json/json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace percpu_scope {
namespace {

TEST(JsonValue, BracesMakeObjectsOfPairsAndElseArrays) {
  EXPECT_EQ((Json{{"a", 1}, {"b", {{"c", nullptr}}}}).dump(), R"({"a":1,"b":{"c":null}})");
  EXPECT_EQ((Json{"a", 1}).dump(), R"(["a",1])");
  EXPECT_EQ((Json{{"a", 1}, 2}).dump(), R"([["a",1],2])");
  EXPECT_EQ((Json{{1, "a"}}).dump(), R"([[1,"a"]])");
  EXPECT_EQ(Json::array({{"a", 1}}).dump(), R"([["a",1]])");
  EXPECT_EQ(Json(std::vector<std::uint32_t>{1, 2}).dump(), "[1,2]");
  EXPECT_EQ(Json(std::vector<std::string>{}).dump(), "[]");
  EXPECT_EQ(Json::object().dump(), "{}");
  EXPECT_EQ(Json().dump(), "null");
}

TEST(JsonValue, MembersStayInTheirOrder) {
  Json value;
  value["z"] = 1;
  value["a"] = "text";
  value["z"] = 2;
  EXPECT_EQ(value.dump(), R"({"z":2,"a":"text"})");
  std::string keys;
  for (const auto& [key, member] : value.items()) keys += key;
  EXPECT_EQ(keys, "za");
}

TEST(JsonValue, NumbersKeepAllBits) {
  EXPECT_EQ(Json(UINT64_MAX).dump(), "18446744073709551615");
  EXPECT_EQ(Json(INT64_MIN).dump(), "-9223372036854775808");
  EXPECT_EQ(Json(UINT64_MAX).get<std::uint64_t>(), UINT64_MAX);
  EXPECT_EQ(Json(INT64_MIN).get<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(Json(0.1).dump(), "0.1");
  EXPECT_EQ(Json(2.0).dump(), "2.0");
  EXPECT_EQ(Json(2.5).get<int>(), 2);
  EXPECT_EQ(Json(7).get<double>(), 7.0);
  EXPECT_TRUE(Json(1U).is_number_unsigned());
  EXPECT_FALSE(Json(1).is_number_unsigned());
}

TEST(JsonValue, NumbersAreComparedByValue) {
  EXPECT_EQ(Json(1), Json(1U));
  EXPECT_EQ(Json(1.0), Json(1));
  EXPECT_NE(Json(-1), Json(UINT64_MAX));
  EXPECT_NE(Json(true), Json(1));
  EXPECT_NE(Json("1"), Json(1));
  EXPECT_LT(Json(1U), Json(2));
  EXPECT_LT(Json(UINT64_MAX - 1), Json(UINT64_MAX));
  EXPECT_GT(Json("b"), Json("a"));
  EXPECT_EQ((Json{{"a", 1}}), (Json{{"a", 1U}}));
}

TEST(JsonValue, WhatIsNotThereThrows) {
  const Json value{{"a", Json::array({1})}};
  EXPECT_THROW((void)value.at("b"), JsonError);
  EXPECT_THROW((void)value.at("a").at(1), JsonError);
  EXPECT_THROW((void)value.at(0), JsonError);
  EXPECT_THROW((void)value.at("a").get<bool>(), JsonError);
  EXPECT_THROW((void)value.at("a").at(0).get<std::string>(), JsonError);
  EXPECT_THROW((void)Json("text").get<int>(), JsonError);
  EXPECT_THROW((void)Json("text").items(), JsonError);
  EXPECT_THROW(Json("text").push_back(1), JsonError);
  EXPECT_EQ(value.find("b"), nullptr);
  EXPECT_EQ(Json(1).find("b"), nullptr);
  EXPECT_TRUE(value.contains("a"));
}

TEST(JsonValue, IsWalkedWhateverItIs) {
  const auto sum = [](const Json& value) {
    int sum = 0;
    for (const Json& part : value) sum += part.get<int>();
    return sum;
  };
  EXPECT_EQ(sum(Json{1, 2, 3}), 6);
  EXPECT_EQ(sum(Json{{"a", 1}, {"b", 2}}), 3);
  EXPECT_EQ(sum(Json()), 0);
  EXPECT_EQ(sum(Json(7)), 0);
  Json value{1, 2};
  for (Json& part : value) part = part.get<int>() * 10;
  EXPECT_EQ(value.dump(), "[10,20]");
  EXPECT_EQ(value.front(), 10);
  EXPECT_EQ(value.back(), 20);
  EXPECT_EQ(Json(7).size(), 1U);
  EXPECT_TRUE(Json().empty());
}

TEST(JsonText, Indented) {
  EXPECT_EQ((Json{{"a", {1, 2}}, {"b", Json::object()}}).dump(2),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
}

TEST(JsonText, StringsAreEscapedAndAlwaysUtf8) {
  EXPECT_EQ(Json("\"\\\n\x01 ä").dump(), "\"\\\"\\\\\\n\\u0001 ä\"");
  EXPECT_EQ(Json(std::string("\xff", 1)).dump(), "\"\xef\xbf\xbd\"");
  EXPECT_EQ((Json{{"k\"", 1}}).dump(), R"({"k\"":1})");
}

TEST(JsonText, WhatIsWrittenIsReadAgain) {
  const Json value{{"null", nullptr},
                   {"yes", true},
                   {"big", UINT64_MAX},
                   {"small", INT64_MIN},
                   {"real", 1.5},
                   {"text", "ä\"\n"},
                   {"list", {1, Json::array(), Json::object(), {{"a", {{"b", 2}}}}}}};
  EXPECT_EQ(Json::parse(value.dump()), value);
  EXPECT_EQ(Json::parse(value.dump(3)).dump(), value.dump());
}

TEST(JsonText, OfAKeyThatComesTwiceTheLastValueIsTaken) {
  EXPECT_EQ(Json::parse(R"({"a":1,"b":2,"a":3})").dump(), R"({"a":3,"b":2})");
}

TEST(JsonText, WhatIsNoJsonIsRefused) {
  for (const char* const text : {"", "{", "[1,]", "{\"a\"}", "nul", "1 2", "\"\xff\""})
    EXPECT_THROW((void)Json::parse(text), JsonError) << text;
}

TEST(JsonText, NestedDeeperThanAnyDocumentIsRefused) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_NO_THROW((void)Json::parse(nested(Json::deepest)));
  EXPECT_THROW((void)Json::parse(nested(Json::deepest + 1)), JsonError);
  EXPECT_THROW((void)Json::parse(std::string(100'000, '[')), JsonError);
}

TEST(JsonValue, PartsOfAListAreMoved) {
  Json inner = Json::array({"a string that is too long to be kept in place"});
  const Json* const before = &inner.front();
  const Json outer{{"inner", std::move(inner)}};
  EXPECT_EQ(&outer.at("inner").front(), before);
}

}  // namespace
}  // namespace percpu_scope
