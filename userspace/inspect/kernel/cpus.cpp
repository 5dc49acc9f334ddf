// SPDX-License-Identifier: GPL-2.0-only
//
// possible_cpus(), online_cpus(), node_of() and per_cpu_offsets(): which areas there are,
// and where.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "inspect/error.hpp"
#include "inspect/kernel/offsets.hpp"
#include "inspect/read/reader.hpp"
#include "percpu_scope/cpu_list.hpp"

namespace percpu_scope::inspect {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint32_t> read_kernel_list(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  if (!std::getline(file, text) || text.empty())
    throw InspectError(Problem::unsupported, path + " lists no CPU", "mount sysfs at /sys");
  return parse_cpu_list(text);
}

}  // namespace

std::vector<std::uint32_t> possible_cpus() {
  return read_kernel_list("/sys/devices/system/cpu/possible");
}

std::vector<std::uint32_t> online_cpus() {
  return read_kernel_list("/sys/devices/system/cpu/online");
}

std::int32_t node_of(std::uint32_t cpu) {
  // A CPU's folder links to its node, if there are nodes.
  const fs::path folder = "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
  std::error_code error;
  if (!fs::exists("/sys/devices/system/node", error)) return 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    std::int32_t node = 0;
    if (!name.starts_with("node")) continue;
    const auto [end, status] = std::from_chars(name.data() + 4, name.data() + name.size(), node);
    if (status == std::errc() && end == name.data() + name.size()) return node;
  }
  return -1;
}

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
