// SPDX-License-Identifier: GPL-2.0-only
//
// The model of the verifier's walk: what may be loaded of structs made here, and
// which loads are chosen. The guest tests hold it against the verifier itself.
#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "inspect/btf/struct_walk.hpp"
#include "inspect/error.hpp"

namespace percpu_scope::inspect {
namespace {

struct Free {
  void operator()(::btf* btf) const { btf__free(btf); }
};

class StructWalk : public ::testing::Test {
 public:
  StructWalk() : made_(btf__new_empty()) {
    btf__set_pointer_size(made_.get(), 8);
    // The name is how Btf knows the size of a pointer.
    (void)id(btf__add_int(made_.get(), "long unsigned int", 8, 0));
    u8 = id(btf__add_int(made_.get(), "u8", 1, 0));
    u16 = id(btf__add_int(made_.get(), "u16", 2, 0));
    u32 = id(btf__add_int(made_.get(), "u32", 4, 0));
    u64 = id(btf__add_int(made_.get(), "u64", 8, 0));
    pointer = id(btf__add_ptr(made_.get(), 0));
  }

  static TypeId id(int result) {
    EXPECT_GT(result, 0);
    return static_cast<TypeId>(result);
  }
  struct Member {
    TypeId type;
    std::uint32_t bits;  // where it begins
    std::uint32_t width = 0;
  };
  TypeId composite(bool is_union, std::uint32_t size, const std::vector<Member>& members) {
    const TypeId made = id(is_union ? btf__add_union(made_.get(), "", size)
                                    : btf__add_struct(made_.get(), "s", size));
    for (const Member& member : members)
      EXPECT_EQ(btf__add_field(made_.get(), "m", static_cast<int>(member.type), member.bits,
                               member.width),
                0);
    return made;
  }
  TypeId array(TypeId of, std::uint32_t count) {
    return id(btf__add_array(made_.get(), static_cast<int>(u32), static_cast<int>(of), count));
  }
  Loads plan(TypeId type, std::uint64_t begin, std::uint64_t end) {
    return plan_loads(parsed(), type, begin, end);
  }
  Btf parsed() {
    __u32 size = 0;
    const void* const bytes = btf__raw_data(made_.get(), &size);
    return Btf::parse({static_cast<const std::byte*>(bytes), size});
  }

  TypeId u8, u16, u32, u64, pointer;

 private:
  std::unique_ptr<::btf, Free> made_;
};

using Expected = std::vector<Load>;

TEST_F(StructWalk, ScalarsWholeAndPaddingNot) {
  const TypeId type = composite(false, 24, {{u8, 0}, {u64, 64}, {u32, 128}});
  const Loads loads = plan(type, 0, 24);
  EXPECT_EQ(loads.loads, (Expected{{0, 1}, {8, 8}, {16, 4}}));
  EXPECT_EQ(loads.unreachable, 0U);
  const Btf btf = parsed();
  EXPECT_FALSE(may_load(btf, type, 0, 2)) << "beyond the member";
  EXPECT_FALSE(may_load(btf, type, 1, 1)) << "padding";
  EXPECT_TRUE(may_load(btf, type, 12, 4)) << "half of a u64";
  EXPECT_FALSE(may_load(btf, type, 20, 8)) << "beyond the struct";
}

TEST_F(StructWalk, PointersOnlyWhole) {
  const TypeId type = composite(false, 16, {{pointer, 0}, {pointer, 64}});
  EXPECT_EQ(plan(type, 0, 16).loads, (Expected{{0, 8}, {8, 8}}));
  const Btf btf = parsed();
  EXPECT_FALSE(may_load(btf, type, 0, 4));
  EXPECT_FALSE(may_load(btf, type, 4, 8));
}

TEST_F(StructWalk, PointerInAPackedStruct) {
  const TypeId type = composite(false, 12, {{u32, 0}, {pointer, 32}});
  EXPECT_EQ(plan(type, 0, 12).loads, (Expected{{0, 4}, {4, 8}}));
}

TEST_F(StructWalk, ArraysOfNumbersAreOneStretch) {
  const TypeId type = composite(false, 16, {{array(u8, 12), 0}, {u16, 96}});
  EXPECT_EQ(plan(type, 0, 16).loads, (Expected{{0, 8}, {8, 4}, {12, 2}}));
}

TEST_F(StructWalk, ArraysOfStructsElementByElement) {
  const TypeId inner = composite(false, 8, {{u32, 0}, {u16, 32}});
  const TypeId type = composite(false, 40, {{u64, 0}, {array(array(inner, 2), 2), 64}});
  EXPECT_EQ(plan(type, 8, 40).loads,
            (Expected{{8, 4}, {12, 2}, {16, 4}, {20, 2}, {24, 4}, {28, 2}, {32, 4}, {36, 2}}));
}

TEST_F(StructWalk, BitFieldsAreCoveredAsAWhole) {
  const TypeId type = composite(false, 8, {{u32, 0, 3}, {u32, 3, 20}, {u32, 32}});
  const Loads loads = plan(type, 0, 8);
  EXPECT_EQ(loads.loads, (Expected{{0, 8}}));
  // From the middle of one on nothing is loaded that does not begin in front of it.
  EXPECT_EQ(plan(type, 2, 3).loads, (Expected{{0, 8}}));
  EXPECT_FALSE(may_load(parsed(), type, 1, 1));
}

TEST_F(StructWalk, BitFieldThatFillsItsWord) {
  const TypeId type = composite(false, 4, {{u32, 0, 32}});
  EXPECT_TRUE(may_load(parsed(), type, 0, 4));
  EXPECT_FALSE(may_load(parsed(), type, 0, 2)) << "half of it";
}

TEST_F(StructWalk, GoesAsDeepAsItSays) {
  TypeId type = composite(false, 4, {{u32, 0}});
  for (int depth = 1; depth < 64; ++depth) type = composite(false, 4, {{type, 0}});
  const TypeId too_deep = composite(false, 4, {{type, 0}});
  EXPECT_TRUE(may_load(parsed(), type, 0, 4));
  EXPECT_FALSE(may_load(parsed(), too_deep, 0, 4));
}

TEST_F(StructWalk, UnionsByTheirFirstMember) {
  const TypeId small_first = composite(true, 8, {{u32, 0}, {u64, 0}});
  EXPECT_EQ(plan(small_first, 0, 8).loads, (Expected{{0, 4}, {4, 4}}));
  const TypeId large_first = composite(true, 8, {{u64, 0}, {u32, 0}});
  EXPECT_EQ(plan(large_first, 0, 8).loads, (Expected{{0, 8}}));
}

TEST_F(StructWalk, WhatAUnionHidesIsCounted) {
  const TypeId type = composite(true, 8, {{u32, 0}, {pointer, 0}});
  const Loads loads = plan(type, 0, 8);
  EXPECT_EQ(loads.loads, (Expected{{0, 4}}));
  EXPECT_EQ(loads.unreachable, 4U);
  EXPECT_EQ(plan(type, 0, 4).unreachable, 0U) << "not asked for";
}

TEST_F(StructWalk, WhatIsNoStructIsPlainMemory) {
  EXPECT_EQ(plan(u32, 0, 4).loads, (Expected{{0, 4}}));
  EXPECT_EQ(plan(pointer, 0, 8).loads, (Expected{{0, 8}}));
  EXPECT_EQ(plan(array(u16, 7), 0, 14).loads, (Expected{{0, 8}, {8, 4}, {12, 2}}));
  EXPECT_EQ(plan(array(pointer, 4), 8, 24).loads, (Expected{{8, 8}, {16, 8}}));
}

TEST_F(StructWalk, StructWithinItselfEnds) {
  // No compiler makes it: the next id is its own.
  const TypeId type = composite(false, 8, {});
  const TypeId circle = composite(false, 8, {{type + 1, 0}});
  EXPECT_EQ(circle, type + 1);
  EXPECT_FALSE(may_load(parsed(), circle, 0, 8));
  EXPECT_EQ(plan(circle, 0, 8).unreachable, 8U);
}

TEST_F(StructWalk, ArrayOfItselfIsRefused) {
  const TypeId before = array(u8, 1);
  const TypeId circle = array(before + 1, 1);
  EXPECT_EQ(circle, before + 1);
  EXPECT_THROW((void)plan(circle, 0, 8), InspectError);
  EXPECT_THROW((void)plan(composite(false, 8, {{circle, 0}}), 0, 8), InspectError);
}

// Each level twice as wide: unbounded, a byte that only the last level has takes 2^40 steps.
TEST_F(StructWalk, UnionsWithinUnionsEnd) {
  TypeId inner = composite(true, 8, {});
  for (int depth = 0; depth < 40; ++depth) inner = composite(true, 8, {{inner, 0}, {inner, 0}});
  EXPECT_THROW((void)plan(inner, 0, 8), InspectError);
}

}  // namespace
}  // namespace percpu_scope::inspect
