// SPDX-License-Identifier: GPL-2.0-only
//
// One BPF program, assembled here, that copies variables of one object (the kernel
// or a module) from one CPU's area into a map by ordinary typed loads: no probe
// reads, no addresses. Knows no kallsyms and chooses nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "inspect/btf/btf.hpp"
#include "inspect/btf/struct_walk.hpp"
#include "inspect/read/kernel_bpf.hpp"
#include "percpu_scope/file_descriptor.hpp"

namespace percpu_scope::inspect {

// A variable, or a part of one.
struct TypedItem {
  TypeId var;               // BTF_KIND_VAR
  std::vector<Load> loads;  // by offset within the variable
  std::uint64_t start;      // of the bytes wanted, a multiple of 8
  std::uint64_t room;       // bytes from there that the loads may touch, a multiple of 8
};

// How much one program takes: the verifier has limits, and so has a map's element.
inline constexpr std::size_t typed_loads_limit = 16384;
inline constexpr std::uint64_t typed_room_limit = 1U << 20;

class TypedProgram {
 public:
  // `btf`: the object's, as a descriptor; 0 for the kernel's own. A loaded program
  // holds on to its module, which does not unload meanwhile. InspectError if the
  // kernel refuses: unsupported if it is for one of the items.
  TypedProgram(int btf, std::span<const TypedItem> items, std::size_t cpus);

  // Into the place `slot`; false if there is no such CPU.
  bool read(std::uint32_t cpu, std::uint32_t slot);
  // The room of one item.
  [[nodiscard]] std::span<const std::byte> bytes(std::size_t item, std::size_t slot) const;

 private:
  std::vector<std::uint64_t> places_;  // of items, and the end
  FileDescriptor map_;
  FileDescriptor program_;
  MappedMap values_;
};

}  // namespace percpu_scope::inspect
