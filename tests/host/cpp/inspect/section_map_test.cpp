// SPDX-License-Identifier: GPL-2.0-only
//
// The map of a section, against one that looks at every byte.
#include "inspect/catalogue/section_map.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "inspect/error.hpp"

namespace percpu_scope {
namespace {

using inspect::Extent;
using inspect::Hole;
using inspect::InspectError;
using inspect::Line;
using inspect::SectionMap;

std::string text_of_map(const SectionMap& map) {
  std::string out = std::to_string(map.size) + " " + std::to_string(map.used) + "\n";
  for (const Hole& hole : map.holes)
    out += "hole " + std::to_string(hole.offset) + "+" + std::to_string(hole.size) + "\n";
  for (const Line& line : map.shared_lines) {
    out += "line " + std::to_string(line.offset) + ":";
    for (const std::string& name : line.names) out += " " + name;
    out += "\n";
  }
  for (const std::string& name : map.straddlers) out += "straddles " + name + "\n";
  for (const std::string& name : map.overlaps) out += "overlaps " + name + "\n";
  return out;
}

// Byte by byte, and every pair.
SectionMap map_bytes(std::vector<Extent> extents, std::uint64_t line_size) {
  std::stable_sort(extents.begin(), extents.end(), [](const Extent& left, const Extent& right) {
    return left.offset < right.offset;
  });
  std::erase_if(extents, [](const Extent& extent) { return extent.size == 0; });
  SectionMap map;
  std::vector<int> owners(2048);
  for (const Extent& extent : extents) {
    for (std::uint64_t i = 0; i < extent.size; ++i) ++owners[extent.offset + i];
    map.size = std::max(map.size, extent.offset + extent.size);
  }
  for (std::uint64_t at = 0; at < map.size; ++at) {
    if (owners[at] > 0) {
      ++map.used;
    } else if (at > 0 && owners[at - 1] == 0) {
      ++map.holes.back().size;
    } else {
      map.holes.push_back({at, 1, "", ""});
    }
  }
  for (std::uint64_t line = 0; line < map.size; line += line_size) {
    Line found{line, {}};
    for (const Extent& extent : extents)
      if (extent.offset < line + line_size && extent.offset + extent.size > line)
        found.names.push_back(extent.name);
    if (found.names.size() > 1) map.shared_lines.push_back(found);
  }
  for (const Extent& extent : extents) {
    if (extent.size <= line_size &&
        extent.offset / line_size != (extent.offset + extent.size - 1) / line_size)
      map.straddlers.push_back(extent.name);
    for (std::uint64_t i = 0; i < extent.size; ++i) {
      if (owners[extent.offset + i] < 2) continue;
      map.overlaps.push_back(extent.name);
      break;
    }
  }
  return map;
}

TEST(SectionMap, AgreesWithEveryByte) {
  std::mt19937 random(20240607);
  for (int round = 0; round < 500; ++round) {
    // Dense and sparse, with and without overlaps and extents of no bytes.
    const std::uint64_t room = 32U << random() % 6;
    const std::uint64_t largest = 1 + random() % 200;
    std::vector<Extent> extents(random() % 24);
    for (std::size_t i = 0; i < extents.size(); ++i)
      extents[i] = {"v" + std::to_string(i), random() % room, random() % largest};
    const std::uint64_t line_size = std::uint64_t{1} << random() % 9;
    ASSERT_EQ(text_of_map(inspect::map_section(extents, line_size)),
              text_of_map(map_bytes(extents, line_size)))
        << "round " << round;
  }
}

TEST(SectionMap, NamesTheNeighboursOfHoles) {
  const std::vector<Extent> extents{{"b", 32, 8}, {"a", 8, 16}, {"c", 100, 4}};
  const SectionMap map = inspect::map_section(extents, 64);
  ASSERT_EQ(map.holes.size(), 3U);
  EXPECT_EQ(map.holes[0].before, "");
  EXPECT_EQ(map.holes[0].after, "a");
  EXPECT_EQ(map.holes[1].before, "a");
  EXPECT_EQ(map.holes[1].after, "b");
  EXPECT_EQ(map.holes[2].before, "b");
  EXPECT_EQ(map.holes[2].size, 60U);
}

std::string infer(const std::vector<Extent>& extents) {
  std::string text;
  for (const inspect::Part& part : inspect::infer_parts(extents, 64))
    text += part.name + " " + std::to_string(part.offset) + "+" + std::to_string(part.size) + "; ";
  return text;
}

TEST(SectionMap, InfersWhereInputSectionsEnd) {
  const Extent small{"canary", 0, 48};
  const Extent stack{"stack", 4096, 16384};
  const Extent tss{"tss", 20480, 4100};
  const Extent rest{"rest", 24640, 8};
  EXPECT_EQ(infer({small, stack, tss, rest}),
            "..first 0+4096; ..page_aligned 4096+20484; "
            "..read_mostly to ..shared_aligned 24640+8; ");
  // What is in front need not be in BTF.
  EXPECT_EQ(infer({stack, rest}),
            "..first 0+4096; ..page_aligned 4096+16384; "
            "..read_mostly to ..shared_aligned 20480+4168; ");
  EXPECT_EQ(infer({{"stack", 0, 4096}, {"tss", 4096, 4096}}), "..page_aligned 0+8192; ");
  // What happens to lie at a page is of the next part.
  EXPECT_EQ(infer({stack, {"chance", 20480, 8}}),
            "..first 0+4096; ..page_aligned 4096+16384; "
            "..read_mostly to ..shared_aligned 20480+8; ");
  EXPECT_EQ(infer({small, {"b", 64, 8}}), "");
  EXPECT_EQ(infer({}), "");
}

TEST(SectionMap, OfNothing) {
  const SectionMap map = inspect::map_section({}, 64);
  EXPECT_EQ(map.size, 0U);
  EXPECT_EQ(map.used, 0U);
  EXPECT_TRUE(map.holes.empty() && map.shared_lines.empty());
}

TEST(SectionMap, TakesTheLargest) {
  const std::vector<Extent> extents{{"huge", 64, UINT64_MAX - 64}, {"first", 0, 8}};
  const SectionMap map = inspect::map_section(extents, 1);
  EXPECT_EQ(map.size, UINT64_MAX);
  EXPECT_EQ(map.used, UINT64_MAX - 56);
  EXPECT_TRUE(map.shared_lines.empty());
}

TEST(SectionMap, RefusesWhatHasNoMap) {
  const std::vector<Extent> wraps{{"a", UINT64_MAX, 2}};
  EXPECT_THROW((void)inspect::map_section(wraps, 64), InspectError);
  const std::vector<Extent> twice{{"a", 0, UINT64_MAX}, {"b", 1, UINT64_MAX - 1}};
  EXPECT_THROW((void)inspect::map_section(twice, 64), InspectError);
  for (const std::uint64_t line_size : {0U, 3U, 48U})
    EXPECT_THROW((void)inspect::map_section({}, line_size), InspectError);
}

}  // namespace
}  // namespace percpu_scope
