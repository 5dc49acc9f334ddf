// SPDX-License-Identifier: GPL-2.0-only
//
// Where ranges go in the maps that a BPF program fills.
#include "inspect/read/memory_layout.hpp"

#include <gtest/gtest.h>

#include "inspect/error.hpp"

namespace percpu_scope::inspect {
namespace {

constexpr std::uint64_t chunk = 4096;  // read_memory_chunk

// No two overlap, and no chunk reaches beyond its element.
void expect_sound(const MemoryLayout& layout) {
  std::uint64_t end = 0;
  for (const Slot& slot : layout.slots) {
    ASSERT_GE(slot.place, end);
    end = slot.place + slot.room;
    ASSERT_GE(slot.room, slot.size);
    for (std::uint32_t i = 0; i < slot.chunks; ++i)
      ASSERT_LE((slot.place + i * chunk) % layout.element, layout.element - chunk);
  }
  EXPECT_LE(end, layout.element * layout.elements);
}

TEST(MemoryLayout, OfManySizes) {
  std::vector<Range> ranges;
  for (std::uint64_t size = 1; size < 3000; ++size) ranges.push_back({0, size});
  for (std::uint64_t size = 1; size < 100'000; size += 997) ranges.push_back({0, size});
  expect_sound(lay_out(ranges));
  expect_sound(lay_out({}));
}

// All variables of a kernel on 8192 possible CPUs: 1.6 GiB.
TEST(MemoryLayout, MoreThanAGibIsReadInParts) {
  constexpr std::uint64_t cpus = 8192;
  std::vector<Range> ranges;
  for (const std::uint64_t size : {49'152, 32'768, 20'480, 4'096, 8, 102'652})
    ranges.insert(ranges.end(), cpus, Range{0, size});
  std::span<const Range> left(ranges);
  std::size_t parts = 0;
  while (!left.empty()) {
    const std::size_t count = ranges_of_a_part(left);
    ASSERT_GT(count, 0U);
    const MemoryLayout layout = lay_out(left.first(count));
    EXPECT_LE(layout.element * layout.elements, largest_part);
    left = left.subspan(count);
    ++parts;
  }
  EXPECT_EQ(parts, 2U);
}

// The longest range that takes one chunk and no more: it needs nothing empty in front of it.
constexpr Range whole_chunk{0, chunk - word_bytes + 1};

TEST(MemoryLayout, WhatFitsExactlyFits) {
  const std::vector<Range> ranges(4, whole_chunk);
  EXPECT_EQ(ranges_of_a_part(ranges, 3 * chunk), 2U);  // and one chunk that is always there
  const Range largest{0, largest_part};
  EXPECT_EQ(ranges_of_a_part({&largest, 1}), 1U);
}

TEST(MemoryLayout, AChunkBeginsAnywhereItEndsWithinItsElement) {
  const std::vector<Range> behind_a_word{{0, 1}, whole_chunk};
  EXPECT_EQ(lay_out(behind_a_word).slots.back().place, word_bytes);
  // Up to the end of an element, which is not the end of all.
  constexpr std::uint64_t element = 1U << 20;
  const std::vector<Range> many(element / chunk + 1, whole_chunk);
  const MemoryLayout layout = lay_out(many);
  ASSERT_EQ(layout.element, element);
  EXPECT_EQ(layout.slots[many.size() - 2].place, element - chunk);
  EXPECT_EQ(layout.elements, 2U);
}

TEST(MemoryLayout, OfWhatIsTooLargeOrEmptyIsNone) {
  for (const std::uint64_t size : {std::uint64_t{0}, largest_part + 1, ~std::uint64_t{0}}) {
    const Range range{0, size};
    EXPECT_THROW((void)ranges_of_a_part({&range, 1}), InspectError) << size;
  }
  // One that is larger than a part is one of its own.
  const std::vector<Range> ranges{{0, 100'000}, {0, 8}};
  EXPECT_EQ(ranges_of_a_part(ranges, 10'000), 1U);
}

}  // namespace
}  // namespace percpu_scope::inspect
