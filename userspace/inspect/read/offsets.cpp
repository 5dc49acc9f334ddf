// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/read/offsets.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>

#include "inspect/catalogue/catalogue.hpp"
#include "inspect/error.hpp"

namespace percpu_scope::inspect {

std::size_t kernel_word_size(const std::string& kallsyms) {
  std::ifstream file(kallsyms);
  std::string address;
  file >> address;
  if (address.size() != 8 && address.size() != 16)
    throw InspectError(Problem::hidden_symbols, kallsyms + " cannot be read",
                       "mount proc at /proc");
  return address.size() / 2;
}

SymbolName offset_table() { return {std::string(kernel_name), "__per_cpu_offset"}; }

std::uint64_t word_at(std::span<const std::byte> bytes) {
  if (bytes.size() == sizeof(std::uint32_t)) {
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof(number));
    return number;
  }
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), std::min(bytes.size(), sizeof(number)));
  return number;
}

std::vector<std::uint64_t> read_offsets(MemoryReader& memory, std::span<const std::uint32_t> cpus,
                                        const Symbols& symbols) {
  const std::optional<std::uint64_t> table = symbols.find(offset_table());
  if (!table)
    throw InspectError(Problem::no_address, "/proc/kallsyms does not list __per_cpu_offset",
                       "a kernel with CONFIG_SMP and CONFIG_KALLSYMS_ALL");
  const std::size_t word = kernel_word_size();
  for (std::size_t i = 0; i < cpus.size(); ++i) memory.set_address(i, *table + cpus[i] * word);
  memory.read();
  std::vector<std::uint64_t> offsets;
  offsets.reserve(cpus.size());
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    const Copy copy = memory.copy(i);
    if (!copy.read)
      throw InspectError(Problem::no_address, "__per_cpu_offset cannot be read at its address");
    offsets.push_back(word_at(copy.bytes));
  }
  return offsets;
}

std::vector<std::uint64_t> per_cpu_offsets(std::span<const std::uint32_t> cpus) {
  const std::vector<Range> ranges(cpus.size(), Range{0, kernel_word_size()});
  // First: who may not load it is told so, not that the addresses are hidden.
  MemoryReader memory(ranges);
  const SymbolName name = offset_table();
  return read_offsets(memory, cpus, Symbols::load(std::span(&name, 1)));
}

}  // namespace percpu_scope::inspect
