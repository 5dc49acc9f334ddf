// SPDX-License-Identifier: GPL-2.0-only
//
// Bytes to values, against what the compiler makes of the same struct.
#include "inspect/btf/value.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "btf_samples.hpp"
#include "inspect/btf/scalar.hpp"
#include "inspect/error.hpp"

namespace percpu_scope {
namespace {

using inspect::Btf;
using inspect::InspectError;
using inspect::Leaf;
using inspect::Place;
using inspect::TypeId;
using Json = nlohmann::ordered_json;

Everything sample_values() {
  Everything values;
  std::memset(&values, 0, sizeof(values));
  values.tiny = -1;
  values.flag = true;
  values.letter = 'A';
  values.big = std::numeric_limits<std::uint64_t>::max();
  values.negative = std::numeric_limits<std::int64_t>::min();
  std::strcpy(values.name, "swapper");
  std::memcpy(values.raw, "\x01\xff\x00", 3);
  std::memset(values.blob, 0x5a, sizeof(values.blob));
  values.colour = Colour::green;
  values.distance = Distance::near;
  values.low = 5;
  values.middle = -3;
  values.shade = Colour::red;
  values.wide = (1ULL << 60) - 2;
  values.pair = {1, 2};
  values.either.word = 0x00020001;
  for (int i = 0; i < 6; ++i) values.matrix[i / 3][i % 3] = i - 1;
  values.pointer = reinterpret_cast<void*>(0xffff888000001234);
  values.real = 0.5F;
  values.precise = -2.25;
  return values;
}

std::span<const std::byte> bytes_of(const Everything& values) {
  return std::as_bytes(std::span(&values, 1));
}

Place whole(const Btf& btf, const char* type) {
  return inspect::resolve(btf, btf.find(type), inspect::Request{});
}

TEST(InspectValue, DecodesEveryKind) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  const Everything values = sample_values();
  std::string blob = "hex:";
  for (int i = 0; i < 80; ++i) blob += "5a";
  Json expected = Json::parse(R"json({"tiny": -1, "flag": true, "letter": 65,
      "big": 18446744073709551615, "negative": -9223372036854775808, "name": "swapper",
      "raw": [1, -1, 0], "blob": "", "colour": "green", "distance": "near",
      "low": 5, "middle": -3, "shade": "red", "wide": 1152921504606846974,
      "pair": {"first": 1, "second": 2}, "word": 131073, "half": [1, 2],
      "matrix": [[-1, 0, 1], [2, 3, 4]], "pointer": "(pointer)", "call": "NULL",
      "real": 0.5, "precise": -2.25, "tail": []})json");
  expected["blob"] = blob;
  const Json got = inspect::decode(btf, whole(btf, "struct everything"), bytes_of(values));
  // As text, for the order of the fields.
  EXPECT_EQ(got.dump(1), expected.dump(1));
}

TEST(InspectValue, ShowsAddressesOnlyIfAsked) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  const Json got = inspect::decode(btf, whole(btf, "struct everything"), bytes_of(sample_values()),
                                   {.addresses = true});
  EXPECT_EQ(got["pointer"], "0xffff888000001234");
  EXPECT_EQ(got["call"], "NULL");
}

TEST(InspectValue, LeavesAgreeWithTheWhole) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  const Everything values = sample_values();
  std::map<std::string, Leaf> leaves;
  inspect::for_each_leaf(btf, whole(btf, "struct everything"), bytes_of(values), {},
                         [&](const Leaf& leaf) { leaves[leaf.path] = leaf; });
  EXPECT_EQ(leaves.size(), 31U);
  EXPECT_EQ(leaves["tiny"].bits, ~std::uint64_t{0});
  EXPECT_EQ(leaves["tiny"].width, 8U);
  EXPECT_EQ(leaves["tiny"].text, "-1");
  EXPECT_TRUE(leaves["tiny"].is_signed && leaves["tiny"].is_number);
  EXPECT_EQ(leaves["big"].text, "18446744073709551615");
  EXPECT_EQ(leaves["matrix[1][2]"].text, "4");
  EXPECT_EQ(leaves["pair.second"].bits, 2U);
  EXPECT_EQ(leaves["half[1]"].text, "2");
  EXPECT_EQ(leaves["middle"].width, 7U);
  EXPECT_EQ(leaves["name"].text, "swapper");
  EXPECT_EQ(leaves["colour"].text, "green");
  EXPECT_EQ(leaves["precise"].text, "-2.25");
  for (const char* const path : {"flag", "name", "blob", "colour", "pointer", "call", "real"})
    EXPECT_FALSE(leaves[path].is_number) << path;
}

TEST(InspectValue, BeginsPathsWithThePlaces) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  const Place place = inspect::resolve(btf, btf.find("struct everything"),
                                       inspect::parse_request("everything.matrix[1]"));
  const Everything values = sample_values();
  std::string paths;
  inspect::for_each_leaf(btf, place, bytes_of(values).subspan(place.offset, place.size), {},
                         [&](const Leaf& leaf) { paths += leaf.path + "=" + leaf.text + " "; });
  EXPECT_EQ(paths, "matrix[1][0]=2 matrix[1][1]=3 matrix[1][2]=4 ");
}

// Every place that a path can name decodes to the same as its part of the whole.
TEST(InspectValue, PartsAreWhatTheyAreInTheWhole) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  const Everything values = sample_values();
  const Json all = inspect::decode(btf, whole(btf, "struct everything"), bytes_of(values));
  for (const auto& [name, expected] : all.items()) {
    const Place place = inspect::resolve(btf, btf.find("struct everything"),
                                         inspect::parse_request("everything." + name));
    EXPECT_EQ(inspect::decode(btf, place, bytes_of(values).subspan(place.offset, place.size)),
              expected)
        << name;
  }
}

TEST(InspectValue, ReadsBitFieldsOfTheOlderForm) {
  struct Bits {
    std::uint32_t low : 5;
    std::int32_t high : 11;
  };
  BtfWriter writer;
  const int low = writer.narrow_integer("unsigned int", 4, 0, 0, 5);
  const int high = writer.narrow_integer("int", 4, 1, 5, 11);
  writer.struct_of("bits", 4, {{"low", low, 0}, {"high", high, 0}});
  const Btf btf = Btf::parse(writer.bytes());
  const Bits bits{.low = 19, .high = -777};
  EXPECT_EQ(inspect::decode(btf, whole(btf, "struct bits"), std::as_bytes(std::span(&bits, 1))),
            Json::parse(R"({"low": 19, "high": -777})"));
}

TEST(InspectValue, ReachesIntoANinthByte) {
  BtfWriter writer;
  const int word = writer.integer("long unsigned int", 8);
  writer.struct_of("packed", 9, {{"low", word, 0, 5}, {"wide", word, 5, 64}});
  const Btf btf = Btf::parse(writer.bytes());
  const std::uint64_t wide = 0xfedcba9876543211;
  Bytes bytes(9);
  const std::uint64_t low = wide << 5 | 21;
  std::memcpy(bytes.data(), &low, 8);
  bytes[8] = static_cast<std::byte>(wide >> 59);
  const Json got = inspect::decode(btf, whole(btf, "struct packed"), bytes);
  EXPECT_EQ(got["low"], 21);
  EXPECT_EQ(got["wide"], wide);
}

// Whoever knows where a leaf lies reads it again without its type.
TEST(InspectValue, LeavesAreWhereTheySay) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  const Everything values = sample_values();
  std::size_t numbers = 0;
  inspect::for_each_leaf(
      btf, whole(btf, "struct everything"), bytes_of(values), {}, [&](const Leaf& leaf) {
        if (!leaf.is_number) return;
        ++numbers;
        EXPECT_EQ(inspect::read_integer(bytes_of(values).subspan(leaf.offset), leaf.bit_offset,
                                        leaf.width, leaf.is_signed),
                  leaf.bits)
            << leaf.path;
      });
  EXPECT_GT(numbers, 15U);
}

TEST(InspectValue, ReadsIntegersOfAnyBits) {
  Bytes bytes(9, std::byte{0});
  bytes[0] = std::byte{0xa0};
  bytes[7] = std::byte{0x80};
  bytes[8] = std::byte{0x1f};
  EXPECT_EQ(inspect::read_integer(bytes, 5, 64, false), 0xfc00000000000005U);
  EXPECT_EQ(inspect::read_integer(bytes, 5, 63, false), 0x7c00000000000005U);
  EXPECT_EQ(inspect::read_integer(bytes, 5, 3, false), 5U);
  EXPECT_EQ(inspect::read_integer(bytes, 5, 3, true), static_cast<std::uint64_t>(-3));
  EXPECT_EQ(inspect::read_integer(std::span(bytes).first(1), 0, 8, true),
            static_cast<std::uint64_t>(-96));
}

Json decode_one(BtfWriter& writer, int type, const Bytes& bytes) {
  const Btf btf = Btf::parse(writer.bytes());
  Place place;
  place.type = static_cast<TypeId>(type);
  place.size = bytes.size();
  return inspect::decode(btf, place, bytes);
}

TEST(InspectValue, EnumsKeepTheirNumbers) {
  BtfWriter writer;
  const int unsigned_kind = writer.enumeration("a", 4, {{"one", 1}, {"top", 0xffffffff}});
  const int signed_kind = writer.enumeration("b", 4, {{"less", -1}, {"none", 0}});
  const int byte_kind = writer.enumeration("c", 1, {{"less", -1}, {"none", 0}});
  const int large_kind = writer.enumeration64("d", false, {{"huge", -1}});
  EXPECT_EQ(decode_one(writer, unsigned_kind, repeated(4, 0xff)), "top");
  EXPECT_EQ(decode_one(writer, unsigned_kind, repeated(4, 1)), 0x01010101);
  EXPECT_EQ(decode_one(writer, signed_kind, repeated(4, 0xff)), "less");
  EXPECT_EQ(decode_one(writer, signed_kind, repeated(4, 0xfe)), -16843010);
  EXPECT_EQ(decode_one(writer, byte_kind, repeated(1, 0xff)), "less");
  EXPECT_EQ(decode_one(writer, large_kind, repeated(8, 0xff)), "huge");
  EXPECT_EQ(decode_one(writer, large_kind, repeated(8, 0xfe)), 0xfefefefefefefefe);
}

TEST(InspectValue, OddOnes) {
  BtfWriter writer;
  const int boolean = writer.integer("_Bool", 1, 4);
  const int wide = writer.integer("__int128", 16);
  const int real = writer.floating("float", 4);
  const int text = writer.array(writer.integer("char", 1, 1), 4);
  const int none = writer.struct_of("none", 0, {});
  const int nones = writer.array(none, 3);
  const int unknown = writer.forward("unknown");
  EXPECT_EQ(decode_one(writer, boolean, repeated(1, 1)), true);
  EXPECT_EQ(decode_one(writer, boolean, repeated(1, 2)), 2);
  EXPECT_EQ(decode_one(writer, wide, repeated(16, 0x12)), "0x12121212121212121212121212121212");
  EXPECT_EQ(decode_one(writer, real, repeated(4, 0xff)), "nan");
  EXPECT_EQ(decode_one(writer, text, repeated(4, 0)), "");
  EXPECT_EQ(decode_one(writer, text, repeated(4, 'a')), Json::parse("[97, 97, 97, 97]"));
  EXPECT_EQ(decode_one(writer, nones, {}), Json::parse("[{}, {}, {}]"));
  EXPECT_EQ(decode_one(writer, unknown, {}), "(incomplete)");
  EXPECT_EQ(decode_one(writer, 0, repeated(4, 1)), "(void)");
}

TEST(InspectValue, RefusesOtherBytes) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  Place place = whole(btf, "struct pair");
  EXPECT_THROW((void)inspect::decode(btf, place, repeated(7, 0)), InspectError);
  EXPECT_THROW((void)inspect::decode(btf, place, repeated(9, 0)), InspectError);
  // The place says so, but the struct has more.
  place.size = 4;
  EXPECT_THROW((void)inspect::decode(btf, place, repeated(4, 0)), InspectError);
}

class MalformedStruct : public testing::Test {
 protected:
  void expect_refused(int type, std::size_t size) {
    try {
      (void)decode_one(writer, type, repeated(size, 0));
      FAIL() << "taken for sound";
    } catch (const InspectError& error) {
      EXPECT_EQ(error.problem(), inspect::Problem::malformed_btf) << error.what();
    }
  }

  BtfWriter writer;
  int word = writer.integer("unsigned int", 4);
};

TEST_F(MalformedStruct, HoldsItself) {
  expect_refused(writer.struct_of("self", 8, {{"a", 2, 0}}), 8);
}
TEST_F(MalformedStruct, HoldsItselfOftenAndUnnamed) {
  expect_refused(writer.union_of("self", 8, {{nullptr, 2, 0}, {nullptr, 2, 0}, {"a", 2, 0}}), 8);
}
TEST_F(MalformedStruct, MemberBeyond) {
  expect_refused(writer.struct_of("s", 8, {{"a", word, 40}}), 8);
}
TEST_F(MalformedStruct, MemberWithinAByte) {
  const int type = writer.struct_of("s", 8, {{"a", word, 0}});
  writer.word(type, 2) = 3;
  expect_refused(type, 8);
}
TEST_F(MalformedStruct, BitsBeyondTheirType) {
  expect_refused(writer.struct_of("s", 8, {{"a", word, 0, 33}}), 8);
}
TEST_F(MalformedStruct, BitsOfAPointer) {
  expect_refused(writer.struct_of("s", 8, {{"a", writer.pointer(0), 0, 5}}), 8);
}
TEST_F(MalformedStruct, IntegerBeyondItsBytes) {
  expect_refused(writer.narrow_integer("odd", 4, 0, 20, 20), 4);
}
TEST_F(MalformedStruct, ManyElementsOfNoSize) {
  const int none = writer.struct_of("none", 0, {});
  expect_refused(writer.array(none, 0xffffffff), 0);
}
TEST_F(MalformedStruct, ArrayLargerThanMemory) {
  const int rows = writer.array(writer.array(word, 0xffffffff), 0xffffffff);
  expect_refused(writer.array(rows, 0xffffffff), 8);
}
TEST_F(MalformedStruct, FunctionAsAValue) {
  expect_refused(writer.function("work", writer.prototype(0, {})), 8);
}

}  // namespace
}  // namespace percpu_scope
