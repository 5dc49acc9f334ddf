// SPDX-License-Identifier: GPL-2.0-only
//
// What dynamic __percpu pointers point to, on each CPU: the symbols that hold them, the
// offset table and the memory itself through one BPF load. By address only, so where
// probe reads are allowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "inspect/kernel/symbols.hpp"
#include "inspect/read/memory_reader.hpp"

namespace percpu_scope::inspect {

struct PointerTarget {
  SymbolName symbol;         // of the variable that holds the pointer; without a name: none
  std::uint64_t value = 0;   // the pointer itself, where there is no symbol
  std::uint64_t offset = 0;  // of the part that is wanted of what it points to
  std::uint64_t size = 0;    // bytes of it, at least one
};

class PointerReader {
 public:
  // Reads once. UnknownNameError for symbols that there are not; no_address for those
  // whose first word is no pointer to per-CPU memory; InspectError as make_reader() has it.
  PointerReader(std::span<const PointerTarget> targets, std::span<const std::uint32_t> cpus);

  // The __percpu pointer, before a CPU's offset is added.
  [[nodiscard]] std::uint64_t value(std::size_t target) const { return values_[target]; }
  // `cpu`: by its place in `cpus`.
  [[nodiscard]] Copy copy(std::size_t target, std::size_t cpu) const;

 private:
  void follow_symbols(std::span<const PointerTarget> targets, const Symbols& symbols);

  std::size_t cpus_;
  MemoryReader memory_;  // the offset of each CPU, the pointer in each symbol, target × CPU
  std::vector<std::uint64_t> values_;
};

}  // namespace percpu_scope::inspect
