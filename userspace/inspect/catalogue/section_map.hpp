// SPDX-License-Identifier: GPL-2.0-only
//
// The arithmetic of one object's per-CPU section: who lies where, holes, cache
// lines that variables share, variables that straddle lines. Numbers in, numbers
// out; names only to hand through.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace percpu_scope::inspect {

struct Extent {
  std::string name;
  std::uint64_t offset;
  std::uint64_t size;
};

struct Hole {
  std::uint64_t offset;
  std::uint64_t size;
  std::string before;  // the variable in front of it, empty at the section's start
  std::string after;
};

struct Line {
  std::uint64_t offset;            // of the line
  std::vector<std::string> names;  // of the variables with bytes in it, by offset
};

struct SectionMap {
  std::uint64_t size = 0;  // to the end of the last variable
  std::uint64_t used = 0;  // bytes covered by at least one variable
  std::vector<Hole> holes;
  std::vector<Line> shared_lines;       // with two or more variables
  std::vector<std::string> straddlers;  // no larger than a line, yet in two
  std::vector<std::string> overlaps;    // that share bytes with another: never in sound BTF
};

// `extents` in any order; `line_size` a power of two. bad_request for a line size
// that is none, or an extent that wraps; malformed_btf if extents overlap so much that
// naming them line by line would take more than a hundred thousand names.
SectionMap map_section(std::span<const Extent> extents, std::uint64_t line_size);

// One of the input sections that the kernel's linker script lays behind one another
// (PERCPU_INPUT in include/asm-generic/vmlinux.lds.h). No symbol marks the borders.
struct Part {
  std::string name;
  std::uint64_t offset;
  std::uint64_t size;
};

// Inferred from what the script aligns: the variables that begin at a page are those of
// ..page_aligned, what is in front of them is ..first. None where nothing begins at one.
std::vector<Part> infer_parts(std::span<const Extent> extents, std::uint64_t line_size);

}  // namespace percpu_scope::inspect
