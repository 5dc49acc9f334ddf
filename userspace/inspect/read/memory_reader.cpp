// SPDX-License-Identifier: GPL-2.0-only
//
// Ranges of addresses to the maps of read_memory.bpf.c and back.
#include "inspect/read/memory_reader.hpp"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "inspect/bpf/read_memory.h"
#include "inspect/bpf/read_memory.hpp"
#include "inspect/error.hpp"
#include "inspect/read/kernel_bpf.hpp"

namespace percpu_scope::inspect {
namespace {

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

}  // namespace

class MemoryReader::Part {
 public:
  explicit Part(std::span<const Range> ranges) : layout_(lay_out(ranges)) {
    load();
    for (const Slot& slot : layout_.slots) place(slot);
  }

  void set_address(std::size_t range, std::uint64_t address) {
    Slot& slot = layout_.slots.at(range);
    slot.address = address;
    place(slot);
  }
  void read() const;
  [[nodiscard]] Copy copy(std::size_t range) const;

 private:
  [[nodiscard]] std::span<percpu_scope_read_range> ranges() const {
    // NOLINTNEXTLINE: the map's values are these.
    return {reinterpret_cast<percpu_scope_read_range*>(range_map_.data()), layout_.chunks};
  }
  void load();
  void place(const Slot& slot) const;

  MemoryLayout layout_;
  std::unique_ptr<bpf_object, CloseObject> object_;
  int program_ = -1;
  MappedMap range_map_;
  MappedMap output_map_;
};

void MemoryReader::Part::load() {
  constexpr std::string_view doing = "loading the BPF program that reads memory";
  const LibbpfLog log;
  const std::span<const std::byte> bytes = read_memory_object();
  object_.reset(bpf_object__open_mem(bytes.data(), bytes.size(), nullptr));
  if (!object_) throw_refused(errno, doing, log.text());
  bpf_map* const of_ranges = bpf_object__find_map_by_name(object_.get(), "ranges");
  bpf_map* const of_output = bpf_object__find_map_by_name(object_.get(), "output");
  const bpf_program* const reads = bpf_object__find_program_by_name(object_.get(), "read_memory");
  // libbpf names the map of constants after section and object.
  bpf_map* constants = nullptr;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object_.get()) {
    if (std::string_view(bpf_map__name(map)).ends_with(".rodata")) constants = map;
  }
  const percpu_scope_read_limits limits{layout_.chunks,
                                        static_cast<__u32>(layout_.element - chunk_bytes)};
  if (of_ranges == nullptr || of_output == nullptr || reads == nullptr || constants == nullptr ||
      bpf_map__set_initial_value(constants, &limits, sizeof(limits)) != 0 ||
      bpf_map__set_max_entries(of_ranges, std::max(layout_.chunks, 1U)) != 0 ||
      bpf_map__set_value_size(of_output, static_cast<__u32>(layout_.element)) != 0 ||
      bpf_map__set_max_entries(of_output, layout_.elements) != 0)
    throw InspectError(Problem::unsupported, "the BPF program in this program is not what it was");
  const int status = bpf_object__load(object_.get());
  if (status != 0) throw_refused(-status, doing, log.text());
  program_ = bpf_program__fd(reads);
  range_map_ = MappedMap(bpf_map__fd(of_ranges),
                         std::max(layout_.chunks, 1U) * sizeof(percpu_scope_read_range), true);
  output_map_ = MappedMap(bpf_map__fd(of_output), layout_.element * layout_.elements, false);
}

void MemoryReader::Part::place(const Slot& slot) const {
  const std::uint64_t start = slot.address & ~(word_bytes - 1);
  const std::uint64_t length = round_up((slot.address - start) + slot.size, word_bytes);
  for (std::uint32_t i = 0; i < slot.chunks; ++i) {
    const std::uint64_t done = i * chunk_bytes;
    percpu_scope_read_range& range = ranges()[slot.first + i];
    range.address = start + done;
    range.size = static_cast<__u32>(std::min(chunk_bytes, length - std::min(done, length)));
    range.element = static_cast<__u32>((slot.place + done) / layout_.element);
    range.offset = static_cast<__u32>((slot.place + done) % layout_.element);
    range.error = -ENODATA;
  }
}

void MemoryReader::Part::read() const {
  for (std::uint32_t first = 0; first < layout_.chunks; first += read_memory_batch) {
    const percpu_scope_read_run run{first, 0};
    if (run_program(program_, std::as_bytes(std::span(&run, 1))) != 0)
      throw InspectError(Problem::unsupported, "the BPF program that reads memory gave up");
  }
}

Copy MemoryReader::Part::copy(std::size_t range) const {
  const Slot& slot = layout_.slots.at(range);
  const std::span<const percpu_scope_read_range> chunks = ranges().subspan(slot.first, slot.chunks);
  const bool all = std::all_of(chunks.begin(), chunks.end(),
                               [](const percpu_scope_read_range& part) { return part.error == 0; });
  const std::byte* const bytes =
      output_map_.data() + slot.place + (slot.address & (word_bytes - 1));
  return {std::span(bytes, slot.size), all};
}

MemoryReader::MemoryReader(std::span<const Range> ranges, std::uint64_t most) {
  do {
    const std::size_t count = ranges_of_a_part(ranges, most);
    parts_.push_back(std::make_unique<Part>(ranges.first(count)));
    ends_.push_back(count + (ends_.empty() ? 0 : ends_.back()));
    ranges = ranges.subspan(count);
  } while (!ranges.empty());
}

MemoryReader::~MemoryReader() = default;

std::pair<MemoryReader::Part*, std::size_t> MemoryReader::find(std::size_t range) const {
  // On all machines but the largest there is one.
  const auto end =
      ends_.size() == 1 ? ends_.begin() : std::upper_bound(ends_.begin(), ends_.end(), range);
  const auto part = static_cast<std::size_t>(end - ends_.begin());
  return {parts_.at(part).get(), range - (part == 0 ? 0 : ends_[part - 1])};
}

void MemoryReader::set_address(std::size_t range, std::uint64_t address) {
  const auto [part, own] = find(range);
  part->set_address(own, address);
}

void MemoryReader::read() {
  for (const std::unique_ptr<Part>& part : parts_) part->read();
}

Copy MemoryReader::copy(std::size_t range) const {
  const auto [part, own] = find(range);
  return part->copy(own);
}

}  // namespace percpu_scope::inspect
