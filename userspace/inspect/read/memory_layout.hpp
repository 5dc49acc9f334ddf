// SPDX-License-Identifier: GPL-2.0-only
//
// Where the bytes of many ranges go in the maps of read_memory.bpf.c. Arithmetic; no
// system call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "inspect/bpf/read_memory.h"

namespace percpu_scope::inspect {

struct Range {
  std::uint64_t address;
  std::uint64_t size;
};

// Bytes of all ranges of one layout together: its maps are memory of the kernel.
inline constexpr std::uint64_t largest_part = 1U << 30;
// A long range is read as several of the program's own, of so many bytes each.
inline constexpr std::uint64_t chunk_bytes = read_memory_chunk;
// Reads begin and end at whole words, so that the kernel's copy, which takes words
// from where it begins, tears none.
inline constexpr std::uint64_t word_bytes = 8;

constexpr std::uint64_t round_up(std::uint64_t number, std::uint64_t to) {
  return (number + to - 1) / to * to;
}

// Where one range's bytes go.
struct Slot {
  std::uint64_t place;  // in the output
  std::uint64_t room;   // bytes there: the range's, and what rounding to words adds
  std::uint64_t size;
  std::uint64_t address;
  std::uint32_t first;   // of its chunks in the map of ranges
  std::uint32_t chunks;  // how many
};

struct MemoryLayout {
  std::vector<Slot> slots;
  std::uint64_t element = 0;  // bytes of an element of the output
  std::uint32_t elements = 0;
  std::uint32_t chunks = 0;
};

// How many of the first ranges one layout takes: as many as fit into `most` bytes, and one
// at least. bad_request for one that is empty, or does not fit alone.
std::size_t ranges_of_a_part(std::span<const Range> ranges, std::uint64_t most = largest_part);

MemoryLayout lay_out(std::span<const Range> ranges);

}  // namespace percpu_scope::inspect
