// SPDX-License-Identifier: GPL-2.0-only
//
// Types: their sizes, their names, and BTF that contradicts itself.
#include "inspect/btf.hpp"

#include <gtest/gtest.h>

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
