// SPDX-License-Identifier: GPL-2.0-only
//
// Where the kernel keeps the offset of each CPU's area: __per_cpu_offset[], an
// array of the kernel's long. For reading by address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "inspect/kernel/symbols.hpp"
#include "inspect/read/memory_reader.hpp"

namespace percpu_scope::inspect {

// Bytes of the kernel's long, which need not be this process's: as wide as it
// prints addresses.
std::size_t kernel_word_size(const std::string& kallsyms = "/proc/kallsyms");
// The table's symbol, to look up together with others.
SymbolName offset_table();
// Reads the table's entries of these CPUs into the first ranges of `memory`, of a long
// each. no_address if there is no table, or nothing at its address.
std::vector<std::uint64_t> read_offsets(MemoryReader& memory, std::span<const std::uint32_t> cpus,
                                        const Symbols& symbols);
// __per_cpu_offset[] of these CPUs, read through BPF.
std::vector<std::uint64_t> per_cpu_offsets(std::span<const std::uint32_t> cpus);
// A long of the kernel, 4 or 8 bytes.
std::uint64_t word_at(std::span<const std::byte> bytes);

}  // namespace percpu_scope::inspect
