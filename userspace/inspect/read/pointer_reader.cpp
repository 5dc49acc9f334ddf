// SPDX-License-Identifier: GPL-2.0-only
//
// First the offsets, then the pointers, last what they point to: each needs what was
// read before, and none another load.
#include "inspect/read/pointer_reader.hpp"

#include <optional>
#include <string>

#include "inspect/error.hpp"
#include "inspect/read/offsets.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::inspect {
namespace {

// The allocator gives out no less (PCPU_MIN_ALLOC_SIZE).
constexpr std::uint64_t least_alignment = 4;

// Nobody knows the type of what a symbol names: BTF has per-CPU variables alone. So what
// was read is told, and what it may mean.
[[noreturn]] void refuse_word(const SymbolName& name, std::uint64_t word) {
  const std::string at = "the first word at " + name.name + " is ";
  if (word == 0)
    throw InspectError(Problem::no_address,
                       at + "0: if it is a pointer, it is NULL, and nothing is allocated; if it "
                            "is the beginning of a struct, members are not followed",
                       "pcpu var ptr 0xADDRESS=TYPE takes the pointer itself");
  throw InspectError(Problem::no_address,
                     at + "no pointer to per-CPU memory: it is no multiple of " +
                         std::to_string(least_alignment) +
                         "; if it is the beginning of a struct, members are not followed",
                     "pcpu var ptr 0xADDRESS=TYPE takes the pointer itself");
}

bool is_symbol(const PointerTarget& target) { return !target.symbol.name.empty(); }

std::vector<Range> target_ranges(std::span<const PointerTarget> targets, std::size_t cpus) {
  std::vector<Range> ranges(cpus + targets.size(), Range{0, kernel_word_size()});
  for (const PointerTarget& target : targets)
    ranges.insert(ranges.end(), cpus, Range{0, target.size});
  return ranges;
}

Symbols load_symbols(std::span<const PointerTarget> targets) {
  std::vector<SymbolName> names{offset_table()};
  for (const PointerTarget& target : targets)
    if (is_symbol(target)) names.push_back(target.symbol);
  return Symbols::load(names);
}

}  // namespace

PointerReader::PointerReader(std::span<const PointerTarget> targets,
                             std::span<const std::uint32_t> cpus)
    : cpus_(cpus.size()), memory_(target_ranges(targets, cpus.size())) {
  const Symbols symbols = load_symbols(targets);
  const std::vector<std::uint64_t> offsets = read_offsets(memory_, cpus, symbols);
  follow_symbols(targets, symbols);
  // A kernel's addresses wrap where its long does.
  const std::uint64_t all_bits = kernel_word_size() == 4 ? 0xffffffffU : ~std::uint64_t{0};
  for (std::size_t i = 0; i < targets.size(); ++i)
    for (std::size_t cpu = 0; cpu < cpus_; ++cpu)
      memory_.set_address(cpus_ + targets.size() + i * cpus_ + cpu,
                          (values_[i] + offsets[cpu] + targets[i].offset) & all_bits);
  memory_.read();
}

void PointerReader::follow_symbols(std::span<const PointerTarget> targets, const Symbols& symbols) {
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!is_symbol(targets[i])) continue;
    const SymbolName& name = targets[i].symbol;
    const std::optional<std::uint64_t> address = symbols.find(name);
    if (!address)
      throw UnknownNameError("symbol of " + name.module + " in /proc/kallsyms", name.name, {});
    memory_.set_address(cpus_ + i, *address);
  }
  memory_.read();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    values_.push_back(targets[i].value);
    if (!is_symbol(targets[i])) continue;
    const Copy copy = memory_.copy(cpus_ + i);
    if (!copy.read)
      throw InspectError(Problem::no_address,
                         "nothing can be read at the address of " + targets[i].symbol.name);
    values_.back() = word_at(copy.bytes);
    if (values_.back() == 0 || values_.back() % least_alignment != 0)
      refuse_word(targets[i].symbol, values_.back());
  }
}

Copy PointerReader::copy(std::size_t target, std::size_t cpu) const {
  return memory_.copy(cpus_ + values_.size() + target * cpus_ + cpu);
}

}  // namespace percpu_scope::inspect
