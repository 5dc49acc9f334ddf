// SPDX-License-Identifier: GPL-2.0-only
//
// The document of one object's per-CPU section, and of the areas it is copied to.
// Pure: what was found out comes in as a MapFacts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/render/json.hpp"
#include "cli/render/table.hpp"
#include "inspect/catalogue/section_map.hpp"

namespace percpu_scope::cli {

// The area of one possible CPU.
struct Area {
  std::uint32_t cpu;
  std::int32_t node;
  std::uint64_t offset;  // __per_cpu_offset[cpu]
};

// Where a module's section lies.
struct ModuleSection {
  std::string module;
  std::uint64_t base;  // as /proc/kallsyms counts: address of a variable minus its offset
  std::uint64_t size;
};

struct MapFacts {
  std::string module;
  std::vector<inspect::Extent> extents;
  std::uint64_t line_size = 0;  // bytes of a cache line
  // __per_cpu_start and __per_cpu_end, where symbols show them.
  std::optional<std::uint64_t> start;
  std::optional<std::uint64_t> end;
  // __per_cpu_hot_start and __per_cpu_hot_end, from 6.15 on.
  std::optional<std::uint64_t> hot_start;
  std::optional<std::uint64_t> hot_end;
  std::vector<ModuleSection> modules;  // known from symbols
  std::vector<Area> areas;             // empty where they could not be read
  std::string no_areas;                // why
};

// {"module", "variables", "size", "used", "line_size", "line_base", "layout": [{"offset", "size",
//   "variable", "line", "shares", "straddles"}], "holes": [{"offset", "size",
//   "before", "after"}], "shared_lines": [{"offset", "count", "variables"}], "straddlers",
//   "overlaps", "areas": [{"cpu", "node", "delta", "raw" only with `addresses`}],
//   "no_areas", "first_chunk": [{"part", "start", "size", "source"}]}
// line_base: what says where in a cache line the section begins: the linker script (the
// kernel's), symbols, or inferred: at its beginning. layout: by offset; line: the number of the
// cache line that the variable begins in; shares: it has a line together with others. first_chunk:
// the kernel's only; source: symbols, BTF, offsets, or inferred where nothing marks a border.
Json map_document(const MapFacts& facts, bool addresses);

enum class MapView { whole, lines, holes };
std::string render_map(const Json& document, MapView view, Numbers numbers);

}  // namespace percpu_scope::cli
