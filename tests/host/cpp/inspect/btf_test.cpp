// SPDX-License-Identifier: GPL-2.0-only
//
// Types: their sizes, their names, and BTF that contradicts itself.
#include "inspect/btf/btf.hpp"

#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <span>
#include <string_view>

#include "btf_samples.hpp"
#include "inspect/error.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

using inspect::Btf;
using inspect::InspectError;
using inspect::Problem;
using inspect::TypeId;

template <typename Action>
void expect_problem(Problem problem, Action action) {
  try {
    action();
    FAIL() << "nothing was refused";
  } catch (const InspectError& error) {
    EXPECT_EQ(error.problem(), problem) << error.what();
    EXPECT_STRNE(error.what(), "");
  }
}

TypeId id(int number) { return static_cast<TypeId>(number); }

class SpellingRoundTrip : public testing::TestWithParam<const char*> {};

TEST_P(SpellingRoundTrip, FindsWhatItSpells) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  EXPECT_EQ(btf.spell(btf.find(GetParam())), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Btf, SpellingRoundTrip,
                         testing::Values("int", "char", "signed char", "_Bool", "unsigned short",
                                         "unsigned int", "unsigned long", "long", "u64",
                                         "const u64", "volatile long", "enum colour",
                                         "enum distance", "struct pair", "struct everything",
                                         "struct node", "float", "double", "char[16]", "int[2][3]",
                                         "void *", "struct node *"));

TEST(Btf, FindsOtherSpellings) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  const TypeId type = btf.find("unsigned long");
  for (const char* const spelling :
       {"long unsigned int", "unsigned long int", "long unsigned", " unsigned  long "})
    EXPECT_EQ(btf.find(spelling), type) << spelling;
  EXPECT_EQ(btf.find("struct node*"), btf.find("struct node *"));
  EXPECT_EQ(btf.find("unsigned"), btf.find("unsigned int"));
}

class NoSpelling : public testing::TestWithParam<const char*> {};

TEST_P(NoSpelling, IsUnknown) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  EXPECT_THROW((void)btf.find(GetParam()), UnknownNameError);
}

// Of struct unknown BTF has only the announcement.
INSTANTIATE_TEST_SUITE_P(Btf, NoSpelling,
                         testing::Values("", " ", "*", "[3]", "struct", "struct ", "struct a b",
                                         "node", "union node", "enum node", "struct unknown",
                                         "int[4]", "int[", "int[]", "int[x]", "int[3]]", "int x[3]",
                                         "int[4294967296]", "int ***", "const", "const int",
                                         "unsigned long long", "everything", "work"));

TEST(Btf, NamesWhatMayHaveBeenMeant) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  try {
    (void)btf.find("struct everthing");
    FAIL();
  } catch (const UnknownNameError& error) {
    ASSERT_FALSE(error.known().empty());
    EXPECT_EQ(error.known().front(), "struct everything");
  }
}

TEST(Btf, SpellsAsC) {
  BtfWriter writer;
  const int integer = writer.integer("int", 4);
  const int pointer = writer.pointer(writer.constant(integer));
  const int handler = writer.pointer(writer.prototype(integer, {pointer, integer}));
  const int nested = writer.prototype(0, {handler});
  const int nothing = writer.struct_of(nullptr, 0, {});
  const int variadic = writer.prototype(0, {integer, 0});
  const int rows = writer.array(integer, 3);
  const Btf btf = Btf::parse([&] {
    writer.pointer(rows);  // nothing + 3
    writer.array(handler, 2);
    writer.constant(writer.pointer(writer.constant(writer.pointer(integer))));
    return writer.bytes();
  }());
  EXPECT_EQ(btf.spell(0), "void");
  EXPECT_EQ(btf.spell(id(pointer)), "const int *");
  EXPECT_EQ(btf.spell(id(handler)), "int (*)(const int *, int)");
  EXPECT_EQ(btf.spell(id(nested)), "void (int (*)(...))");
  EXPECT_EQ(btf.spell(id(nothing)), "struct {...}");
  EXPECT_EQ(btf.spell(id(variadic)), "void (int, ...)");
  EXPECT_EQ(btf.spell(id(rows) + 1), "int (*)[3]");
  EXPECT_EQ(btf.spell(id(rows) + 2), "int (*[2])(const int *, int)");
  EXPECT_EQ(btf.spell(btf.end_id() - 1), "int *const *const");
}

TEST(Btf, KnowsSizes) {
  const Btf btf = Btf::parse(kernel_sample().bytes());
  EXPECT_EQ(btf.size_of(btf.find("struct everything")), sizeof(Everything));
  EXPECT_EQ(btf.size_of(btf.find("int[2][3]")), 24U);
  EXPECT_EQ(btf.size_of(btf.find("const u64")), 8U);
  EXPECT_EQ(btf.size_of(btf.find("void *")), 8U);
  EXPECT_EQ(btf.pointer_size(), 8U);
  expect_problem(Problem::malformed_btf, [&] { (void)btf.size_of(0); });
  expect_problem(Problem::malformed_btf, [&] { (void)btf.size_of(btf.end_id()); });
}

TEST(Btf, TakesPointersFromLong) {
  BtfWriter writer;
  writer.integer("long unsigned int", 4);
  EXPECT_EQ(Btf::parse(writer.bytes()).pointer_size(), 4U);
}

TEST(Btf, SplitsFromItsBase) {
  const BtfWriter kernel_writer = kernel_sample();
  const Btf kernel = Btf::parse(kernel_writer.bytes());
  const Btf module = Btf::parse(module_sample(kernel_writer).bytes(), &kernel);
  EXPECT_EQ(module.first_id(), kernel.end_id());
  EXPECT_EQ(module.spell(module.find("struct everything *")), "struct everything *");
  EXPECT_EQ(module.name(module.type(module.first_id())), "count");
  EXPECT_EQ(module.name(module.type(1)), "int");
  EXPECT_EQ(module.pointer_size(), 8U);
}

TEST(Btf, TypesOfOneNameThatDiffer) {
  BtfWriter writer;
  const int small = writer.integer("int", 4, BTF_INT_SIGNED);
  const int first = writer.struct_of("twice", 4, {{"a", small, 0}});
  writer.struct_of("same", 4, {{"a", small, 0}});
  writer.struct_of("same", 4, {{"a", small, 0}});
  const int second = writer.struct_of("twice", 4, {{"b", small, 0}});
  writer.enumeration("which", 4, {{"one", 1}});
  writer.enumeration("which", 4, {{"one", 2}});
  const int large = writer.integer("long int", 8, BTF_INT_SIGNED);
  writer.struct_of("member", 8, {{"a", small, 0}});
  writer.struct_of("member", 8, {{"a", large, 0}});
  writer.enumeration64("wide", false, {{"one", 1}});
  writer.enumeration64("wide", false, {{"other", 1}});
  writer.constant(writer.forward("far"));
  writer.constant(writer.forward("far"));
  writer.array(first, 2);
  writer.array(second, 2);
  const int function = writer.function("f", writer.prototype(small, {}));
  const Btf btf = Btf::parse(writer.bytes());
  EXPECT_EQ(btf.spell(btf.find("struct same")), "struct same");
  try {
    (void)btf.find("struct twice");
    FAIL() << "one of two was taken";
  } catch (const InspectError& error) {
    EXPECT_EQ(error.problem(), Problem::bad_request);
    for (const int id : {first, second})
      EXPECT_NE(error.remedy().find("'#" + std::to_string(id) + "' (4 bytes)"), std::string::npos)
          << error.remedy();
  }
  EXPECT_EQ(btf.find("#" + std::to_string(second)), static_cast<TypeId>(second));
  EXPECT_THROW((void)btf.find("#" + std::to_string(function)), InspectError);
  for (const char* const twice : {"enum which", "enum wide", "struct member"})
    EXPECT_THROW((void)btf.find(twice), InspectError) << twice;
  EXPECT_NO_THROW((void)btf.find("const struct far"));
  EXPECT_THROW((void)btf.find("struct twice[2]"), InspectError);
  for (const char* const none : {"#", "#x", "#1x", "#4000", "#99999999999"})
    EXPECT_THROW((void)btf.find(none), UnknownNameError) << none;
}

// Of 24 bits, which libbpf cannot write: an enum of more values than 16 can say.
TEST(Btf, StepsOverMoreThan16BitsOfMembers) {
  constexpr std::uint32_t many = 70'000;
  const std::string_view strings("\0long unsigned int\0many\0after\0", 30);
  std::vector<std::uint32_t> types{1, BTF_KIND_INT << 24, 8, 64, 19, BTF_KIND_ENUM << 24 | many, 4};
  types.resize(types.size() + 2 * std::size_t{many});
  const std::size_t after = types.size() + 1;  // its info
  types.insert(types.end(), {24, BTF_KIND_STRUCT << 24, 0});
  ::btf_header header{};
  header.magic = BTF_MAGIC;
  header.version = BTF_VERSION;
  header.hdr_len = sizeof(header);
  header.type_len = static_cast<std::uint32_t>(types.size() * sizeof(types[0]));
  header.str_off = header.type_len;
  header.str_len = static_cast<std::uint32_t>(strings.size());
  const auto bytes_of = [&] {
    Bytes bytes;
    for (const auto& part : {std::as_bytes(std::span(&header, 1)), std::as_bytes(std::span(types)),
                             std::as_bytes(std::span(strings))})
      bytes.insert(bytes.end(), part.begin(), part.end());
    return bytes;
  };
  EXPECT_EQ(Btf::parse(bytes_of()).find("struct after"), 3U);
  // A kind that only 7 bits can say is not the one that 5 of them would.
  types[after] = (BTF_KIND_STRUCT | 0x20U) << 24;
  EXPECT_THROW((void)Btf::parse(bytes_of()), InspectError);
}

TEST(Btf, RefusesCircles) {
  BtfWriter writer;
  writer.integer("int", 4);
  writer.alias("there", 3);
  writer.alias("back", 2);
  writer.array(4, 2);
  writer.pointer(5);
  writer.array(7, 0xffffffff);
  writer.array(8, 0xffffffff);
  writer.array(1, 0xffffffff);
  const Btf btf = Btf::parse(writer.bytes());
  expect_problem(Problem::malformed_btf, [&] { (void)btf.strip(2); });
  expect_problem(Problem::malformed_btf, [&] { (void)btf.size_of(4); });
  expect_problem(Problem::malformed_btf, [&] { (void)btf.size_of(6); });
  for (const TypeId type : {4U, 5U})
    expect_problem(Problem::malformed_btf, [&] { (void)btf.spell(type); });
}

TEST(Btf, RefusesWhatIsNone) {
  expect_problem(Problem::no_btf, [] { (void)Btf::load("/nonexistent/vmlinux"); });
  expect_problem(Problem::no_btf, [] { (void)Btf::load("/"); });
  Bytes bytes = small_sample();
  expect_problem(Problem::malformed_btf, [] { (void)Btf::parse({}); });
  std::swap(bytes[0], bytes[1]);
  try {
    (void)Btf::parse(bytes);
    FAIL();
  } catch (const InspectError& error) {
    EXPECT_NE(std::string(error.what()).find("byte order"), std::string::npos);
  }
}

}  // namespace
}  // namespace percpu_scope
