// SPDX-License-Identifier: GPL-2.0-only
//
// Raw kernel memory, by address: what the generic way is made of, and how a dynamic
// __percpu pointer is followed. Only where probe reads are allowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "inspect/read/copy.hpp"
#include "inspect/read/memory_layout.hpp"

namespace percpu_scope::inspect {

class MemoryReader {
 public:
  // One BPF load for each part of at most `most` bytes: of a GiB, so that there is one
  // on all machines but the largest.
  explicit MemoryReader(std::span<const Range> ranges, std::uint64_t most = largest_part);
  MemoryReader(const MemoryReader&) = delete;
  MemoryReader& operator=(const MemoryReader&) = delete;
  ~MemoryReader();

  // New addresses, the sizes stay.
  void set_address(std::size_t range, std::uint64_t address);
  void read();
  [[nodiscard]] Copy copy(std::size_t range) const;
  [[nodiscard]] std::size_t parts() const { return parts_.size(); }

 private:
  class Part;
  // Of the part that has this range, and which of that part's it is.
  [[nodiscard]] std::pair<Part*, std::size_t> find(std::size_t range) const;

  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<std::size_t> ends_;  // of each part: the number of the next one's first range
};

}  // namespace percpu_scope::inspect
