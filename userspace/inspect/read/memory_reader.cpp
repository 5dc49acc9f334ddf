// SPDX-License-Identifier: GPL-2.0-only
//
// MemoryReader: ranges of addresses to the maps of read_memory.bpf.c and back.
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

#include "inspect/bpf/read_memory.h"
#include "inspect/bpf/read_memory.hpp"
#include "inspect/error.hpp"
#include "inspect/read/kernel_bpf.hpp"
#include "inspect/read/reader.hpp"

namespace percpu_scope::inspect {
namespace {

constexpr std::uint64_t chunk = read_memory_chunk;
// Of the output map: an element holds at most KMALLOC_MAX_SIZE bytes, 4 MiB or more.
constexpr std::uint64_t largest_element = 1U << 20;
// Bytes of all ranges together: what does not fit is a mistake, not a variable.
constexpr std::uint64_t largest_total = 1U << 30;
// Reads begin and end at whole words, so that the kernel's copy, which takes words
// from where it begins, tears none.
constexpr std::uint64_t word = 8;

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

struct Layout {
  std::vector<Slot> slots;
  std::uint64_t element = 0;  // bytes of an element
  std::uint32_t elements = 0;
  std::uint32_t chunks = 0;
};

// Elements lie in memory without gaps. A chunk may begin anywhere in one but in its
// last bytes, where it could reach beyond: no chunk of a longer range does, since
// those begin at whole chunks.
Layout lay_out(std::span<const Range> ranges) {
  Layout layout;
  std::uint64_t most = chunk;
  for (const Range& range : ranges) {
    if (range.size == 0 || range.size > largest_total)
      throw InspectError(Problem::bad_request,
                         "cannot read " + std::to_string(range.size) + " bytes at once");
    const std::uint64_t room = round_up(range.size + word - 1, word);
    most += room + (room > chunk ? chunk : 0);
    layout.slots.push_back({0, room, range.size, range.address, layout.chunks,
                            static_cast<std::uint32_t>((room + chunk - 1) / chunk)});
    layout.chunks += layout.slots.back().chunks;
    if (most > largest_total)
      throw InspectError(Problem::bad_request, "more than a GiB to read at once");
  }
  layout.element = std::min(round_up(most, chunk), largest_element);
  std::uint64_t end = 0;
  for (Slot& slot : layout.slots) {
    if (slot.room > chunk)
      end = round_up(end, chunk);
    else if (end % layout.element > layout.element - chunk)
      end = round_up(end, layout.element);
    slot.place = end;
    end += slot.room;
  }
  layout.elements = static_cast<std::uint32_t>(
      std::max<std::uint64_t>(1, (end + layout.element - 1) / layout.element));
  return layout;
}

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

}  // namespace

struct MemoryReader::State {
  Layout layout;
  std::unique_ptr<bpf_object, CloseObject> object;
  int program = -1;
  MappedMap range_map;
  MappedMap output_map;

  [[nodiscard]] std::span<percpu_scope_read_range> ranges() const {
    // NOLINTNEXTLINE: the map's values are these.
    return {reinterpret_cast<percpu_scope_read_range*>(range_map.data()), layout.chunks};
  }

  void load();
  void place(const Slot& slot) const;
};

void MemoryReader::State::load() {
  constexpr std::string_view doing = "loading the BPF program that reads memory";
  const LibbpfLog log;
  const std::span<const std::byte> bytes = read_memory_object();
  object.reset(bpf_object__open_mem(bytes.data(), bytes.size(), nullptr));
  if (!object) throw_refused(errno, doing, log.text());
  bpf_map* const of_ranges = bpf_object__find_map_by_name(object.get(), "ranges");
  bpf_map* const of_output = bpf_object__find_map_by_name(object.get(), "output");
  const bpf_program* const reads = bpf_object__find_program_by_name(object.get(), "read_memory");
  // libbpf names the map of constants after section and object.
  bpf_map* constants = nullptr;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object.get()) {
    if (std::string_view(bpf_map__name(map)).ends_with(".rodata")) constants = map;
  }
  const percpu_scope_read_limits limits{layout.chunks, static_cast<__u32>(layout.element - chunk)};
  if (of_ranges == nullptr || of_output == nullptr || reads == nullptr || constants == nullptr ||
      bpf_map__set_initial_value(constants, &limits, sizeof(limits)) != 0 ||
      bpf_map__set_max_entries(of_ranges, std::max(layout.chunks, 1U)) != 0 ||
      bpf_map__set_value_size(of_output, static_cast<__u32>(layout.element)) != 0 ||
      bpf_map__set_max_entries(of_output, layout.elements) != 0)
    throw InspectError(Problem::unsupported, "the BPF program in this program is not what it was");
  const int status = bpf_object__load(object.get());
  if (status != 0) throw_refused(-status, doing, log.text());
  program = bpf_program__fd(reads);
  range_map = MappedMap(bpf_map__fd(of_ranges),
                        std::max(layout.chunks, 1U) * sizeof(percpu_scope_read_range), true);
  output_map = MappedMap(bpf_map__fd(of_output), layout.element * layout.elements, false);
}

void MemoryReader::State::place(const Slot& slot) const {
  const std::uint64_t start = slot.address & ~(word - 1);
  const std::uint64_t length = round_up((slot.address - start) + slot.size, word);
  for (std::uint32_t i = 0; i < slot.chunks; ++i) {
    const std::uint64_t done = i * chunk;
    percpu_scope_read_range& range = ranges()[slot.first + i];
    range.address = start + done;
    range.size = static_cast<__u32>(std::min(chunk, length - std::min(done, length)));
    range.element = static_cast<__u32>((slot.place + done) / layout.element);
    range.offset = static_cast<__u32>((slot.place + done) % layout.element);
    range.error = -ENODATA;
  }
}

MemoryReader::MemoryReader(std::span<const Range> ranges) : state_(std::make_unique<State>()) {
  state_->layout = lay_out(ranges);
  state_->load();
  for (const Slot& slot : state_->layout.slots) state_->place(slot);
}

MemoryReader::~MemoryReader() = default;

void MemoryReader::set_address(std::size_t range, std::uint64_t address) {
  Slot& slot = state_->layout.slots.at(range);
  slot.address = address;
  state_->place(slot);
}

void MemoryReader::read() {
  for (std::uint32_t first = 0; first < state_->layout.chunks; first += read_memory_batch) {
    const percpu_scope_read_run run{first, 0};
    if (run_program(state_->program, std::as_bytes(std::span(&run, 1))) != 0)
      throw InspectError(Problem::unsupported, "the BPF program that reads memory gave up");
  }
}

Copy MemoryReader::copy(std::size_t range) const {
  const Slot& slot = state_->layout.slots.at(range);
  const std::span<const percpu_scope_read_range> chunks =
      state_->ranges().subspan(slot.first, slot.chunks);
  const bool all = std::all_of(chunks.begin(), chunks.end(),
                               [](const percpu_scope_read_range& part) { return part.error == 0; });
  const std::byte* const bytes =
      state_->output_map.data() + slot.place + (slot.address & (word - 1));
  return {std::span(bytes, slot.size), all};
}

}  // namespace percpu_scope::inspect
