// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/read/memory_layout.hpp"

#include <algorithm>
#include <string>

#include "inspect/bpf/read_memory.h"
#include "inspect/error.hpp"

namespace percpu_scope::inspect {
namespace {

// Of the output map: an element holds at most KMALLOC_MAX_SIZE bytes, 4 MiB or more.
constexpr std::uint64_t largest_element = 1U << 20;

std::uint64_t room_for(const Range& range) {
  return round_up(range.size + word_bytes - 1, word_bytes);
}

// With what may be left empty in front of it.
std::uint64_t most_room_for(const Range& range) {
  const std::uint64_t room = room_for(range);
  return room + (room > chunk_bytes ? chunk_bytes : 0);
}

}  // namespace

std::size_t ranges_of_a_part(std::span<const Range> ranges, std::uint64_t most) {
  std::uint64_t bytes = chunk_bytes;
  std::size_t count = 0;
  for (const Range& range : ranges) {
    if (range.size == 0 || range.size > largest_part)
      throw InspectError(Problem::bad_request,
                         "cannot read " + std::to_string(range.size) + " bytes at once");
    bytes += most_room_for(range);
    if (bytes > most && count > 0) break;
    ++count;
  }
  return count;
}

// Elements lie in memory without gaps. A chunk may begin anywhere in one but in its
// last bytes, where it could reach beyond: no chunk of a longer range does, since
// those begin at whole chunks.
MemoryLayout lay_out(std::span<const Range> ranges) {
  MemoryLayout layout;
  layout.slots.reserve(ranges.size());
  std::uint64_t most = chunk_bytes;
  for (const Range& range : ranges) {
    const std::uint64_t room = room_for(range);
    most += most_room_for(range);
    layout.slots.push_back({0, room, range.size, range.address, layout.chunks,
                            static_cast<std::uint32_t>((room + chunk_bytes - 1) / chunk_bytes)});
    layout.chunks += layout.slots.back().chunks;
  }
  layout.element = std::min(round_up(most, chunk_bytes), largest_element);
  std::uint64_t end = 0;
  for (Slot& slot : layout.slots) {
    if (slot.room > chunk_bytes)
      end = round_up(end, chunk_bytes);
    else if (end % layout.element > layout.element - chunk_bytes)
      end = round_up(end, layout.element);
    slot.place = end;
    end += slot.room;
  }
  layout.elements = static_cast<std::uint32_t>(
      std::max<std::uint64_t>(1, (end + layout.element - 1) / layout.element));
  return layout;
}

}  // namespace percpu_scope::inspect
