// SPDX-License-Identifier: GPL-2.0-only
//
// What lies at the ends of the values that BTF can describe: the last enumerator, the
// lowest and highest bit, integers that say they have none or too many, infinities.
#include <gtest/gtest.h>

#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "btf_samples.hpp"
#include "inspect/btf/scalar.hpp"
#include "inspect/error.hpp"

namespace percpu_scope {
namespace {

using inspect::Btf;
using inspect::InspectError;
using inspect::Scalar;
using inspect::TypeId;

template <typename Value>
Bytes raw(const Value& value) {
  const auto all = std::as_bytes(std::span(&value, 1));
  return {all.begin(), all.end()};
}

// As text, whatever it is shown as.
std::string shown(const Btf& btf, int type, const Bytes& bytes, std::uint32_t bit_size = 0,
                  std::uint32_t bit_offset = 0) {
  const Scalar scalar =
      inspect::read_scalar(btf, static_cast<TypeId>(type), bytes, bit_offset, bit_size, false);
  return std::visit(
      [](const auto& value) {
        if constexpr (std::is_constructible_v<std::string, decltype(value)>)
          return std::string(value);
        else
          return std::to_string(value);
      },
      scalar.shown);
}

// An integer that says how many bits it has: type 1.
Btf odd_integer(std::size_t size, unsigned bits, unsigned first) {
  BtfWriter writer;
  (void)writer.narrow_integer("odd", size, 0, first, bits);
  return Btf::parse(writer.bytes());
}

// What lies behind the last enumerator is the next type: its second word is no value.
TEST(InspectValue, EnumsEndWithTheirLastName) {
  BtfWriter writer;
  const int narrow = writer.enumeration("a", 4, {{"one", 1}});
  writer.struct_of("next", 0, {});
  const int wide = writer.enumeration64("b", false, {{"one", 1}});
  writer.struct_of("last", 0, {});
  const Btf btf = Btf::parse(writer.bytes());
  constexpr std::uint32_t word = BTF_KIND_STRUCT << 24U;
  EXPECT_EQ(shown(btf, narrow, raw(word)), std::to_string(word));
  EXPECT_EQ(shown(btf, wide, raw(std::uint64_t{word})), std::to_string(word));
}

TEST(InspectValue, WideEnumsInBitFields) {
  BtfWriter writer;
  const int kind = writer.enumeration64("a", true, {{"less", -1}, {"top", 1LL << 39}});
  const Btf btf = Btf::parse(writer.bytes());
  EXPECT_EQ(shown(btf, kind, repeated(5, 0xff), 40), "less");
  Bytes top = repeated(5, 0);
  top.back() = std::byte{0x80};
  EXPECT_EQ(shown(btf, kind, top, 40), "top");
}

TEST(InspectValue, InfinitiesHaveASign) {
  BtfWriter writer;
  const int single = writer.floating("float", 4);
  const int twice = writer.floating("double", 8);
  const Btf btf = Btf::parse(writer.bytes());
  constexpr float small = std::numeric_limits<float>::infinity();
  constexpr double large = std::numeric_limits<double>::infinity();
  EXPECT_EQ(shown(btf, single, raw(small)), "inf");
  EXPECT_EQ(shown(btf, single, raw(-small)), "-inf");
  EXPECT_EQ(shown(btf, twice, raw(large)), "inf");
  EXPECT_EQ(shown(btf, twice, raw(-large)), "-inf");
}

TEST(InspectValue, IntegersThatSayHowManyBits) {
  EXPECT_EQ(shown(odd_integer(4, 7, 1), 1, raw(std::uint32_t{0x1ff})), "127");
  EXPECT_EQ(shown(odd_integer(16, 64, 0), 1, repeated(16, 1)), std::to_string(0x0101010101010101));
  EXPECT_EQ(shown(odd_integer(16, 128, 0), 1, repeated(16, 1)),
            "0x01010101010101010101010101010101");
  EXPECT_THROW((void)shown(odd_integer(4, 0, 0), 1, repeated(4, 0)), InspectError);
  EXPECT_THROW((void)shown(odd_integer(4, 8, 8), 1, repeated(4, 0)), InspectError);
  EXPECT_THROW((void)shown(odd_integer(4, 32, 1), 1, repeated(4, 0)), InspectError);
  EXPECT_THROW((void)shown(odd_integer(16, 65, 0), 1, repeated(16, 0)), InspectError);
  EXPECT_THROW((void)shown(odd_integer(16, 127, 0), 1, repeated(16, 0)), InspectError);
}

TEST(InspectValue, BitFieldsThatCannotBe) {
  const Btf btf = odd_integer(4, 32, 0);
  EXPECT_EQ(shown(btf, 1, repeated(4, 0xff), 25, 7), std::to_string((1U << 25U) - 1));
  EXPECT_THROW((void)shown(btf, 1, repeated(4, 0xff), 26, 7), InspectError);
  EXPECT_THROW((void)shown(btf, 1, repeated(4, 0xff), 1, 8), InspectError);
  EXPECT_THROW((void)shown(btf, 1, repeated(9, 0xff), 65, 0), InspectError);
}

}  // namespace
}  // namespace percpu_scope
