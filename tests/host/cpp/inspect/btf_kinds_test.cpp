// SPDX-License-Identifier: GPL-2.0-only
//
// BTF of kernels to come: kinds that this program does not know.
#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "btf_samples.hpp"
#include "inspect/btf/value.hpp"
#include "inspect/catalogue/catalogue.hpp"
#include "inspect/error.hpp"

namespace percpu_scope {
namespace {

using inspect::Btf;
using inspect::InspectError;
using inspect::Problem;
using inspect::TypeId;

void append(Bytes& bytes, const void* what, std::size_t size) {
  const auto* const from = static_cast<const std::byte*>(what);
  bytes.insert(bytes.end(), from, from + size);
}

// A variable of a struct with a member of an unknown type, one of an array of such, and the
// type itself as the last one: of `kind`, with a word and two times two words.
struct Sample {
  explicit Sample(std::uint32_t kind_of_it) : kind(kind_of_it) {
    const int word = writer.integer("unsigned int", 4);
    // What will be added: behind three variables and their section.
    unknown = static_cast<TypeId>(word + 8);
    const int pair = writer.struct_of(
        "pair", 16,
        {{"known", word, 0}, {"new", static_cast<int>(unknown), 32}, {"last", word, 96}});
    const int several = writer.array(static_cast<int>(unknown), 3);
    const int pairs = writer.variable("pairs", pair);
    const int news = writer.variable("news", several);
    const int plain = writer.variable("plain", word);
    EXPECT_EQ(writer.section(".data..percpu", {{pairs, 0, 16}, {news, 16, 24}, {plain, 40, 4}}),
              static_cast<int>(unknown) - 2);
    writer.alias("new_t", static_cast<int>(unknown));
  }

  // `layout`: four bytes for each kind; empty: a header that has none.
  [[nodiscard]] Bytes bytes(const Bytes& layout) const {
    const Bytes sound = writer.bytes();
    ::btf_header header{};
    std::memcpy(&header, sound.data(), sizeof(header));
    const std::uint32_t record[]{0, kind << 24 | 2, 8, 11, 12, 13, 14, 15};
    const std::uint32_t types = header.type_len + sizeof(record);
    const bool has_layout = !layout.empty();
    Bytes whole;
    const std::uint32_t head[]{0x0001eb9f,
                               has_layout ? 32U : 24U,
                               0,
                               types,
                               types,
                               header.str_len,
                               types + (header.str_len + 3) / 4 * 4,
                               static_cast<std::uint32_t>(layout.size())};
    append(whole, head, has_layout ? 32 : 24);
    append(whole, sound.data() + header.hdr_len + header.type_off, header.type_len);
    append(whole, record, sizeof(record));
    append(whole, sound.data() + header.hdr_len + header.str_off, header.str_len);
    whole.resize((whole.size() + 3) / 4 * 4);
    append(whole, layout.data(), layout.size());
    return whole;
  }

  BtfWriter writer;
  std::uint32_t kind;
  TypeId unknown = 0;
};

// What a kernel would say of the kinds up to this one, and of it.
Bytes layout_to(std::uint32_t kind, std::uint8_t fixed, std::uint8_t each) {
  Bytes layout;
  for (std::uint32_t i = 0; i < kind; ++i) {
    const auto length = inspect::known_length(i).value_or(inspect::RecordLength{12, 0});
    const std::uint8_t entry[]{static_cast<std::uint8_t>(length.fixed - 12),
                               static_cast<std::uint8_t>(length.each), 0, 0};
    append(layout, entry, sizeof(entry));
  }
  const std::uint8_t entry[]{fixed, each, 0, 0};
  append(layout, entry, sizeof(entry));
  return layout;
}

// 33 and 47 look like an integer and a section to who reads 5 bits.
class UnknownKind : public testing::TestWithParam<std::uint32_t> {};

TEST_P(UnknownKind, IsSteppedOver) {
  const Sample sample(GetParam());
  inspect::Catalogue catalogue(Btf::parse(sample.bytes(layout_to(sample.kind, 4, 8))));
  ASSERT_EQ(catalogue.variables().size(), 3U);
  const Btf& btf = catalogue.kernel();
  EXPECT_EQ(btf.end_id(), sample.unknown + 1);
  EXPECT_EQ(btf.unknown_kind(sample.unknown), sample.kind);
  EXPECT_EQ(btf.sections().size(), 1U);

  // What does not need it is as ever.
  const inspect::Variable& plain = catalogue.find("plain");
  EXPECT_EQ(inspect::resolve(btf, plain.type, {}).size, 4U);
  const inspect::Variable& pairs = catalogue.find("pairs");
  const inspect::Place place = inspect::resolve(btf, pairs.type, {});
  const std::uint32_t values[]{1, 2, 3, 4};
  EXPECT_EQ(inspect::decode(btf, place, std::as_bytes(std::span(values))).dump(),
            R"json({"known":1,"new":"(unknown)","last":4})json");
  EXPECT_EQ(inspect::resolve(btf, pairs.type, inspect::parse_request("pairs.last")).offset, 12U);

  // What does, says why.
  for (const TypeId id : {sample.unknown, sample.unknown - 1, catalogue.find("news").type}) {
    EXPECT_FALSE(btf.has_size(id));
    try {
      (void)btf.size_of(id);
      FAIL();
    } catch (const InspectError& error) {
      EXPECT_EQ(error.problem(), Problem::unsupported);
      EXPECT_NE(std::string(error.what()).find("kind " + std::to_string(sample.kind)),
                std::string::npos)
          << error.what();
      EXPECT_FALSE(error.remedy().empty());
    }
  }
  EXPECT_EQ(inspect::resolve(btf, catalogue.find("news").type, {}).size, 0U);
}

TEST_P(UnknownKind, WithoutLayoutIsNamed) {
  const Sample sample(GetParam());
  for (const Bytes& bytes : {sample.bytes({}), sample.bytes(layout_to(19, 0, 12))}) try {
      (void)Btf::parse(bytes);
      FAIL();
    } catch (const InspectError& error) {
      EXPECT_EQ(error.problem(), Problem::malformed_btf);
      EXPECT_NE(std::string(error.what()).find("kind " + std::to_string(sample.kind)),
                std::string::npos)
          << error.what();
      EXPECT_FALSE(error.remedy().empty());
    }
}

INSTANTIATE_TEST_SUITE_P(Btf, UnknownKind, testing::Values(20, 33, 47, 127));

TEST(KindLayout, ThatContradictsIsRefused) {
  const auto refused = [](const Bytes& bytes) {
    try {
      (void)inspect::KindLayout(bytes);
      return false;
    } catch (const InspectError& error) {
      EXPECT_EQ(error.problem(), Problem::malformed_btf);
      return true;
    }
  };
  EXPECT_FALSE(refused(layout_to(20, 4, 8)));
  EXPECT_TRUE(refused(layout_to(20, 3, 8)));
  EXPECT_TRUE(refused(layout_to(20, 4, 7)));
  EXPECT_TRUE(refused(Bytes(3)));
  EXPECT_TRUE(refused(Bytes(std::size_t{4} * 129)));
  Bytes wrong = layout_to(20, 4, 8);
  wrong[4 * BTF_KIND_STRUCT + 1] = std::byte{16};
  EXPECT_TRUE(refused(wrong));
}

TEST(KindLayout, BeyondTheEndIsRefused) {
  const Sample sample(20);
  Bytes bytes = sample.bytes(layout_to(20, 4, 8));
  const std::uint32_t beyond = 0xfffffff0;
  std::memcpy(bytes.data() + 24, &beyond, sizeof(beyond));
  EXPECT_THROW((void)Btf::parse(bytes), InspectError);
}

}  // namespace
}  // namespace percpu_scope
