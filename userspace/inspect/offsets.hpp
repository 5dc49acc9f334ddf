// SPDX-License-Identifier: GPL-2.0-only
//
// Where the kernel keeps the offset of each CPU's area: __per_cpu_offset[], an
// array of the kernel's long. For the generic way of reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "inspect/symbols.hpp"

namespace percpu_scope::inspect {

// Bytes of the kernel's long, which need not be this process's: as wide as it
// prints addresses.
std::size_t kernel_word_size(const std::string& kallsyms = "/proc/kallsyms");
// The table's symbol, to look up together with others.
SymbolName offset_table();
// no_address if there is none.
std::uint64_t offset_table_address(const Symbols& symbols);
// A long of the kernel, 4 or 8 bytes.
std::uint64_t word_at(std::span<const std::byte> bytes);

}  // namespace percpu_scope::inspect
