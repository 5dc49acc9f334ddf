// SPDX-License-Identifier: GPL-2.0-only
//
// One sweep over the extents, by offset.
#include "inspect/catalogue/section_map.hpp"

#include <algorithm>
#include <bit>

#include "inspect/error.hpp"

namespace percpu_scope::inspect {
namespace {

constexpr std::size_t most_names = 100'000;
constexpr std::uint64_t page_size = 4096;  // no architecture's pages are smaller

std::uint64_t end_of(const Extent& extent) { return extent.offset + extent.size; }

// Those with bytes, by offset. Names stay where they are.
std::vector<const Extent*> by_offset(std::span<const Extent> extents) {
  std::vector<const Extent*> sorted;
  sorted.reserve(extents.size());
  for (const Extent& extent : extents) {
    std::uint64_t end = 0;
    if (__builtin_add_overflow(extent.offset, extent.size, &end))
      throw InspectError(Problem::bad_request,
                         "'" + extent.name + "' reaches beyond the end of memory");
    if (extent.size > 0) sorted.push_back(&extent);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const Extent* left, const Extent* right) {
    return left->offset < right->offset;
  });
  return sorted;
}

// Size, bytes used, holes and overlaps.
void map_bytes(const std::vector<const Extent*>& sorted, SectionMap& map) {
  const Extent* furthest = nullptr;  // that reaches to map.size
  std::vector<bool> overlaps(sorted.size());
  std::size_t furthest_index = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const Extent& extent = *sorted[i];
    if (extent.offset > map.size)
      map.holes.push_back({map.size, extent.offset - map.size,
                           furthest != nullptr ? furthest->name : std::string(), extent.name});
    // Who overlaps any, overlaps the one that reaches furthest, or did when that one came.
    if (furthest != nullptr && extent.offset < map.size)
      overlaps[i] = overlaps[furthest_index] = true;
    const std::uint64_t end = end_of(extent);
    if (furthest != nullptr && end <= map.size) continue;
    map.used += end - std::max(extent.offset, map.size);
    map.size = end;
    furthest = &extent;
    furthest_index = i;
  }
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if (overlaps[i]) map.overlaps.push_back(sorted[i]->name);
}

class LineSweep {
 public:
  LineSweep(const std::vector<const Extent*>& sorted, std::uint64_t line_size, SectionMap& map)
      : sorted_(sorted), shift_(static_cast<unsigned>(std::countr_zero(line_size))), map_(map) {}

  void run() {
    for (const Extent* const extent : sorted_) {
      const std::uint64_t first = extent->offset >> shift_;
      // All lines before this one have everyone in them that they will have.
      finish_before(first);
      active_.push_back(extent);
      if (extent->size <= std::uint64_t{1} << shift_ && last_line(*extent) != first)
        map_.straddlers.push_back(extent->name);
    }
    if (map_.size > 0) finish_before(((map_.size - 1) >> shift_) + 1);
  }

 private:
  [[nodiscard]] std::uint64_t last_line(const Extent& extent) const {
    return (end_of(extent) - 1) >> shift_;
  }

  void finish_before(std::uint64_t line) {
    while (next_ < line) {
      if (active_.size() > 1) note_line();
      std::erase_if(active_, [&](const Extent* extent) { return last_line(*extent) <= next_; });
      // A variable may have more lines than can be counted; alone it shares none.
      if (active_.size() > 1)
        ++next_;
      else
        next_ = active_.empty() ? line : std::min(line, last_line(*active_.front()));
    }
  }

  void note_line() {
    Line line{next_ << shift_, {}};
    noted_ += active_.size();
    if (noted_ > most_names) malformed("variables that overlap throughout");
    for (const Extent* const extent : active_) line.names.push_back(extent->name);
    map_.shared_lines.push_back(std::move(line));
  }

  const std::vector<const Extent*>& sorted_;
  unsigned shift_;
  SectionMap& map_;
  std::vector<const Extent*> active_;  // with bytes in the line next_
  std::uint64_t next_ = 0;             // the first line that is not finished
  std::size_t noted_ = 0;
};

}  // namespace

SectionMap map_section(std::span<const Extent> extents, std::uint64_t line_size) {
  if (!std::has_single_bit(line_size))
    throw InspectError(Problem::bad_request,
                       std::to_string(line_size) + " is no size of a cache line");
  const std::vector<const Extent*> sorted = by_offset(extents);
  SectionMap map;
  map_bytes(sorted, map);
  LineSweep(sorted, line_size, map).run();
  return map;
}

std::vector<Part> infer_parts(std::span<const Extent> extents, std::uint64_t line_size) {
  const std::vector<const Extent*> sorted = by_offset(extents);
  // Others lie at a page by chance: only a large one was put there for it.
  const auto at_page = [](const Extent* extent) {
    return extent->offset % page_size == 0 && extent->size >= page_size;
  };
  const auto first = std::find_if(sorted.begin(), sorted.end(), at_page);
  if (first == sorted.end()) return {};
  const auto end = std::find_if_not(first, sorted.end(), at_page);
  const std::uint64_t pages = (*first)->offset;
  const std::uint64_t pages_end = end_of(**std::prev(end));
  std::vector<Part> parts;
  if (pages > 0) parts.push_back({"..first", 0, pages});
  parts.push_back({"..page_aligned", pages, pages_end - pages});
  if (end != sorted.end()) {
    const std::uint64_t aligned = (pages_end + line_size - 1) / line_size * line_size;
    const std::uint64_t rest = std::min(aligned, (*end)->offset);
    parts.push_back({"..read_mostly to ..shared_aligned", rest, end_of(*sorted.back()) - rest});
  }
  return parts;
}

}  // namespace percpu_scope::inspect
