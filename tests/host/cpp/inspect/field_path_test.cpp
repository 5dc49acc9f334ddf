// SPDX-License-Identifier: GPL-2.0-only
//
// Requests and where they lead.
#include "inspect/btf/field_path.hpp"

#include <gtest/gtest.h>

#include <cstddef>

#include "btf_samples.hpp"
#include "inspect/error.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

using inspect::Btf;
using inspect::InspectError;
using inspect::Place;
using inspect::Problem;
using inspect::Request;

TEST(FieldPath, TakesEveryPart) {
  const Request request = inspect::parse_request("kvm-intel::vmx_area.rows[3][0x10].x_1:1,3-5");
  EXPECT_EQ(request.module, "kvm-intel");
  EXPECT_EQ(request.variable, "vmx_area");
  ASSERT_EQ(request.steps.size(), 4U);
  EXPECT_EQ(std::get<std::string>(request.steps[0]), "rows");
  EXPECT_EQ(std::get<std::uint64_t>(request.steps[1]), 3U);
  EXPECT_EQ(std::get<std::uint64_t>(request.steps[2]), 16U);
  EXPECT_EQ(std::get<std::string>(request.steps[3]), "x_1");
  EXPECT_EQ(request.cpus, "1,3-5");
}

TEST(FieldPath, NeedsOnlyAName) {
  const Request request = inspect::parse_request("runqueues");
  EXPECT_EQ(request.variable, "runqueues");
  EXPECT_TRUE(request.module.empty() && request.steps.empty() && request.cpus.empty());
  EXPECT_EQ(inspect::parse_request("8021q::x").module, "8021q");
  EXPECT_EQ(inspect::parse_request("x:a").cpus, "a");
}

// As compilers name statics of functions, and what they split.
TEST(FieldPath, TheLongestNameThatExistsWins) {
  const auto parsed = [](const char* text) {
    const auto is_known = [](std::string_view module, std::string_view name) {
      if (module == "m") return name == "count";
      return name == "count.0" || name == "state" || name == "state.llvm.123" || name == "plain";
    };
    const inspect::Request request = inspect::parse_request(text, is_known);
    std::string told = request.module + '|' + request.variable;
    for (const auto& step : request.steps)
      told += '|' + (std::holds_alternative<std::string>(step)
                         ? std::get<std::string>(step)
                         : '[' + std::to_string(std::get<std::uint64_t>(step)) + ']');
    return told + '|' + request.cpus;
  };
  EXPECT_EQ(parsed("count.0"), "|count.0|");
  EXPECT_EQ(parsed("count.0.field[3]:0-1"), "|count.0|field|[3]|0-1");
  EXPECT_EQ(parsed("state.llvm.123.field"), "|state.llvm.123|field|");
  EXPECT_EQ(parsed("state.llvm"), "|state|llvm|");
  EXPECT_EQ(parsed("state[1].llvm.x"), "|state|[1]|llvm|x|");
  EXPECT_EQ(parsed("plain"), "|plain|");
  EXPECT_EQ(parsed("m::count.field"), "m|count|field|");
  // What nobody knows is told as it was written, where it cannot be a field.
  EXPECT_EQ(parsed("count.7:0"), "|count.7|0");
  EXPECT_EQ(parsed("absent.field"), "|absent|field|");
  EXPECT_THROW((void)inspect::parse_request("count.0"), InspectError);
}

TEST(FieldPath, SymbolsOfPointersHaveDots) {
  const auto request = inspect::parse_pointer_request("m::state.llvm.123=struct pair.first:0");
  EXPECT_EQ(request.target.module, "m");
  EXPECT_EQ(request.target.variable, "state.llvm.123");
  EXPECT_EQ(request.type, "struct pair");
  EXPECT_EQ(request.target.steps.size(), 1U);
}

TEST(FieldPath, TakesPointers) {
  auto request = inspect::parse_pointer_request("nfsd::counts= struct pair .first:0");
  EXPECT_EQ(request.target.module, "nfsd");
  EXPECT_EQ(request.target.variable, "counts");
  EXPECT_EQ(request.type, "struct pair");
  ASSERT_EQ(request.target.steps.size(), 1U);
  EXPECT_EQ(request.target.cpus, "0");
  request = inspect::parse_pointer_request("0xffff1234=u64[4]");
  EXPECT_EQ(request.target.variable, "0xffff1234");
  EXPECT_EQ(request.type, "u64[4]");
}

class BadRequest : public testing::TestWithParam<const char*> {};

TEST_P(BadRequest, IsRefusedWithItsColumn) {
  try {
    (void)inspect::parse_request(GetParam());
    FAIL();
  } catch (const InspectError& error) {
    EXPECT_EQ(error.problem(), Problem::bad_request);
    EXPECT_NE(std::string(error.what()).find("column"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(FieldPath, BadRequest,
                         testing::Values("", ".", ":", "::", "a::", "::a", "a.", "a..b", "a.1",
                                         "a[", "a[]", "a[x]", "a[-1]", "a[1", "a[1.", "a[0x]",
                                         "a[18446744073709551616]", "a:", "a b", "a->b", "a ", " a",
                                         "a[1]b", "-a", "a\xff"));

TEST(FieldPath, NamesTheColumn) {
  try {
    (void)inspect::parse_request("count.x[y]");
    FAIL();
  } catch (const InspectError& error) {
    EXPECT_NE(std::string(error.what()).find("column 9"), std::string::npos) << error.what();
  }
}

class BadPointerRequest : public testing::TestWithParam<const char*> {};

TEST_P(BadPointerRequest, IsRefused) {
  EXPECT_THROW((void)inspect::parse_pointer_request(GetParam()), InspectError);
}

INSTANTIATE_TEST_SUITE_P(FieldPath, BadPointerRequest,
                         testing::Values("", "=", "a", "a=", "=u64", "a= ", "a=u64:", "a=u64.",
                                         "a b=u64", "a=.b", "a=:0"));

Place place_of(const Btf& btf, const std::string& path) {
  return inspect::resolve(btf, btf.find("struct everything"),
                          inspect::parse_request("everything" + path));
}

TEST(FieldPath, LeadsWhereTheCompilerDoes) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  Place place = place_of(btf, "");
  EXPECT_EQ(place.size, sizeof(Everything));
  EXPECT_EQ(place.path, "");

  place = place_of(btf, ".pair.second");
  EXPECT_EQ(place.offset, offsetof(Everything, pair.second));
  EXPECT_EQ(place.size, 4U);
  EXPECT_EQ(place.path, "pair.second");

  place = place_of(btf, ".matrix[1][2]");
  EXPECT_EQ(place.offset, offsetof(Everything, matrix[1][2]));
  EXPECT_EQ(place.size, sizeof(int));
  EXPECT_EQ(place.path, "matrix[1][2]");

  // Through an anonymous union and the anonymous struct in it.
  place = place_of(btf, ".half[1]");
  EXPECT_EQ(place.offset, offsetof(Everything, either.halves.half[1]));
  EXPECT_EQ(place.size, 2U);

  place = place_of(btf, ".shade");
  EXPECT_EQ(place.offset, offsetof(Everything, distance) + 9);
  EXPECT_EQ(place.bit_offset, 2U);
  EXPECT_EQ(place.bit_size, 4U);
  EXPECT_EQ(place.size, 1U);

  EXPECT_EQ(place_of(btf, ".tail").size, 0U);
}

class NoPlace : public testing::TestWithParam<const char*> {};

TEST_P(NoPlace, IsRefused) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  try {
    (void)place_of(btf, GetParam());
    FAIL();
  } catch (const InspectError& error) {
    EXPECT_EQ(error.problem(), Problem::bad_request) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(FieldPath, NoPlace,
                         testing::Values("[0]", ".big.x", ".big[0]", ".matrix[2]", ".matrix[0][3]",
                                         ".matrix.x", ".pointer.x", ".pointer[0]", ".tail[0]",
                                         ".low.x", ".matrix[18446744073709551615]"));

TEST(FieldPath, NamesTheFields) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  try {
    (void)place_of(btf, ".pair.secnd");
    FAIL();
  } catch (const UnknownNameError& error) {
    EXPECT_EQ(error.kind(), "field of struct pair");
    EXPECT_EQ(error.known(), (std::vector<std::string>{"second", "first"}));
  }
  try {
    (void)place_of(btf, ".hal");
    FAIL();
  } catch (const UnknownNameError& error) {
    EXPECT_EQ(error.known().front(), "half");
  }
}

TEST(FieldPath, HasNoSizeWhereBtfHasNone) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  EXPECT_EQ(inspect::resolve(btf, 0, Request{}).size, 0U);
}

}  // namespace
}  // namespace percpu_scope
