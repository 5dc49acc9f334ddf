// SPDX-License-Identifier: GPL-2.0-only
//
// Documents and tables of a section.
#include "cli/var/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "cli/module/documents.hpp"
#include "inspect/catalogue/catalogue.hpp"

namespace percpu_scope::cli {
namespace {

// PERCPU_MODULE_RESERVE of include/linux/percpu.h, 8 KiB unless allocations are profiled.
constexpr std::uint64_t module_reserve = 8 << 10;

// Where within a cache line the section begins, and what says so.
struct LineBase {
  std::uint64_t shift = 0;
  const char* source;
};

LineBase line_base(const MapFacts& facts) {
  // PERCPU_SECTION aligns it to a page.
  if (facts.module == inspect::kernel_name) return {0, "linker script"};
  const auto found = std::find_if(
      facts.modules.begin(), facts.modules.end(),
      [&facts](const ModuleSection& section) { return section.module == facts.module; });
  if (found == facts.modules.end()) return {0, "inferred"};
  return {found->base % facts.line_size, "symbols"};
}

// Holes do not depend on where the section begins, lines do.
inspect::SectionMap map_lines(const MapFacts& facts, std::uint64_t shift) {
  std::vector<inspect::Extent> extents = facts.extents;
  for (inspect::Extent& extent : extents) extent.offset += shift;
  return inspect::map_section(extents, facts.line_size);
}

Json holes_document(const inspect::SectionMap& map) {
  Json holes = Json::array();
  for (const inspect::Hole& hole : map.holes)
    holes.push_back({{"offset", hole.offset},
                     {"size", hole.size},
                     {"before", hole.before.empty() ? Json() : Json(hole.before)},
                     {"after", hole.after}});
  return holes;
}

Json lines_document(const inspect::SectionMap& map, std::uint64_t shift) {
  Json lines = Json::array();
  for (const inspect::Line& line : map.shared_lines)
    // The first line of a module may begin before its section.
    lines.push_back({{"offset", line.offset < shift ? 0 : line.offset - shift},
                     {"count", line.names.size()},
                     {"variables", line.names}});
  return lines;
}

Json layout_document(const MapFacts& facts, const inspect::SectionMap& lines, std::uint64_t shift) {
  const std::set<std::string> straddlers(lines.straddlers.begin(), lines.straddlers.end());
  std::set<std::string> sharers;
  for (const inspect::Line& line : lines.shared_lines)
    sharers.insert(line.names.begin(), line.names.end());
  std::vector<const inspect::Extent*> sorted;
  sorted.reserve(facts.extents.size());
  for (const inspect::Extent& extent : facts.extents) sorted.push_back(&extent);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* left, const auto* right) {
    return left->offset < right->offset;
  });
  Json layout = Json::array();
  for (const inspect::Extent* const extent : sorted)
    layout.push_back({{"offset", extent->offset},
                      {"size", extent->size},
                      {"variable", extent->name},
                      {"line", (extent->offset + shift) / facts.line_size},
                      {"shares", sharers.contains(extent->name)},
                      {"straddles", straddlers.contains(extent->name)}});
  return layout;
}

Json areas_document(const std::vector<Area>& areas, bool addresses) {
  Json rows = Json::array();
  for (const Area& area : areas) {
    Json row{{"cpu", area.cpu},
             {"node", area.node},
             {"delta", hexadecimal(area.offset - areas.front().offset)}};
    if (addresses) row["raw"] = hexadecimal(area.offset);
    rows.push_back(std::move(row));
  }
  return rows;
}

// The smallest distance of two areas: no less than the size of a unit.
std::optional<std::uint64_t> unit_size(const std::vector<Area>& areas) {
  std::vector<std::uint64_t> offsets;
  offsets.reserve(areas.size());
  for (const Area& area : areas) offsets.push_back(area.offset);
  std::sort(offsets.begin(), offsets.end());
  std::optional<std::uint64_t> smallest;
  for (std::size_t i = 1; i < offsets.size(); ++i)
    smallest = std::min(smallest.value_or(UINT64_MAX), offsets[i] - offsets[i - 1]);
  return smallest;
}

Json part(const std::string& name, std::uint64_t start, const Json& size, const char* source) {
  return Json{{"part", name}, {"start", start}, {"size", size}, {"source", source}};
}

// What is used most, in front of ..read_mostly.
std::optional<inspect::Part> hot_part(const MapFacts& facts) {
  if (!facts.start || !facts.hot_start || !facts.hot_end || *facts.hot_end <= *facts.hot_start)
    return std::nullopt;
  return inspect::Part{"..hot", *facts.hot_start - *facts.start, *facts.hot_end - *facts.hot_start};
}

// Begins at the first cache line from `start` on.
void cut_front(inspect::Part& part, std::uint64_t start, std::uint64_t line_size) {
  const std::uint64_t end = part.offset + part.size;
  part.offset = std::min((start + line_size - 1) / line_size * line_size, end);
  part.size = end - part.offset;
}

Json first_chunk_document(const MapFacts& facts, std::uint64_t section_size) {
  Json parts = Json::array();
  const bool known = facts.start.has_value() && facts.end.has_value();
  const std::uint64_t size = known ? *facts.end - *facts.start : section_size;
  parts.push_back(part("static", 0, size, known ? "symbols" : "BTF"));
  std::vector<inspect::Part> inferred = inspect::infer_parts(facts.extents, facts.line_size);
  const std::optional<inspect::Part> hot = hot_part(facts);
  for (inspect::Part& inner : inferred) {
    if (hot && inner.offset <= hot->offset && hot->offset < inner.offset + inner.size) {
      parts.push_back(part("  " + hot->name, hot->offset, hot->size, "symbols"));
      cut_front(inner, hot->offset + hot->size, facts.line_size);
    }
    parts.push_back(part("  " + inner.name, inner.offset, inner.size, "inferred"));
  }
  parts.push_back(part("module reserve", size, module_reserve, "inferred"));
  if (known)
    for (const ModuleSection& section : facts.modules)
      parts.push_back(
          part("  " + section.module, section.base - *facts.start, section.size, "symbols"));
  const std::uint64_t dynamic = size + module_reserve;
  const std::optional<std::uint64_t> unit = unit_size(facts.areas);
  const bool fits = unit.has_value() && *unit > dynamic;
  parts.push_back(
      part("dynamic, at most", dynamic, fits ? Json(*unit - dynamic) : Json(), "inferred"));
  return parts;
}

std::uint64_t bytes_of(const Json& holes) {
  return std::accumulate(holes.begin(), holes.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Json& hole) {
                           return sum + hole.at("size").get<std::uint64_t>();
                         });
}

// Who lies where, with the holes between them.
std::string render_layout(const Json& document, Numbers numbers) {
  static const std::array columns{Column{"offset"}, Column{"size"}, Column{"line"},
                                  Column{"variable"}, Column{"notes"}};
  Json rows = Json::array();
  auto hole = document.at("holes").begin();
  for (const Json& row : document.at("layout")) {
    for (; hole != document.at("holes").end() && hole->at("offset") < row.at("offset"); ++hole)
      rows.push_back({{"offset", hole->at("offset")},
                      {"size", hole->at("size")},
                      {"line", Json()},
                      {"variable", Json()},
                      {"notes", "hole"}});
    Json notes = Json::array();
    if (row.at("shares").get<bool>()) notes.push_back("shares");
    if (row.at("straddles").get<bool>()) notes.push_back("straddles");
    rows.push_back({{"offset", row.at("offset")},
                    {"size", row.at("size")},
                    {"line", row.at("line")},
                    {"variable", row.at("variable")},
                    {"notes", std::move(notes)}});
  }
  return render_table(rows, columns, numbers);
}

Json describe_line(const Json& document) {
  if (document.at("line_base") != "inferred") return document.at("line_size");
  return fmt::format("{}, the section's start inferred to be at one",
                     document.at("line_size").get<std::uint64_t>());
}

std::string render_summary(const Json& document, Numbers numbers) {
  static const std::array chunk_columns{Column{"part"}, Column{"start"}, Column{"size"},
                                        Column{"source"}};
  const Json& holes = document.at("holes");
  const Json counts{{"module", document.at("module")},
                    {"variables", document.at("variables")},
                    {"bytes", document.at("size")},
                    {"used", document.at("used")},
                    {"holes", fmt::format("{} of {} bytes in all", holes.size(), bytes_of(holes))},
                    {"cache_line", describe_line(document)},
                    {"shared_lines", document.at("shared_lines").size()},
                    {"straddlers", document.at("straddlers")}};
  std::string text = render_list(counts, numbers);
  if (!document.at("overlaps").empty())
    text += fmt::format("OVERLAPPING  {}\n", format_cell(document.at("overlaps")));
  text += "\nAreas: a copy lies at the variable's address plus its CPU's offset\n";
  if (document.at("areas").empty()) {
    text += fmt::format("cannot be read: {}\n", document.at("no_areas").get<std::string>());
  } else {
    std::vector<Column> columns{{"cpu"}, {"node"}, {"delta"}};
    if (document.at("areas").front().contains("raw")) columns.push_back({"raw"});
    text += render_table(document.at("areas"), columns, numbers);
  }
  if (document.at("first_chunk").empty()) return text;
  return text + "\nFirst chunk: what each area begins with\n" +
         render_table(document.at("first_chunk"), chunk_columns, numbers);
}

}  // namespace

Json map_document(const MapFacts& facts, bool addresses) {
  const inspect::SectionMap map = inspect::map_section(facts.extents, facts.line_size);
  const auto [shift, base_source] = line_base(facts);
  const inspect::SectionMap lines = map_lines(facts, shift);
  const bool kernel = facts.module == inspect::kernel_name;
  return Json{{"module", facts.module},
              {"variables", facts.extents.size()},
              {"size", map.size},
              {"used", map.used},
              {"line_size", facts.line_size},
              {"line_base", base_source},
              {"layout", layout_document(facts, lines, shift)},
              {"holes", holes_document(map)},
              {"shared_lines", lines_document(lines, shift)},
              {"straddlers", lines.straddlers},
              {"overlaps", map.overlaps},
              {"areas", areas_document(facts.areas, addresses)},
              {"no_areas", facts.areas.empty() ? Json(facts.no_areas) : Json()},
              {"first_chunk", kernel ? first_chunk_document(facts, map.size) : Json::array()}};
}

std::string render_map(const Json& document, MapView view, Numbers numbers) {
  static const std::array line_columns{Column{"offset"}, Column{"count"}, Column{"variables"}};
  static const std::array hole_columns{Column{"offset"}, Column{"size"}, Column{"before"},
                                       Column{"after"}};
  switch (view) {
    case MapView::lines:
      return render_table(document.at("shared_lines"), line_columns, numbers);
    case MapView::holes:
      return render_table(document.at("holes"), hole_columns, numbers);
    case MapView::whole:
      break;
  }
  return render_summary(document, numbers) + "\nWho lies where, by offset in the section\n" +
         render_layout(document, numbers);
}

}  // namespace percpu_scope::cli
