// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/read/generic_reader.hpp"

#include <optional>
#include <string>
#include <vector>

#include "inspect/error.hpp"
#include "inspect/kernel/addresses.hpp"
#include "inspect/read/memory_reader.hpp"
#include "inspect/read/offsets.hpp"

namespace percpu_scope::inspect {
namespace {

// The ranges: first __per_cpu_offset of each CPU, then wanted × CPU.
std::vector<Range> ranges_for(std::span<const Wanted> wanted, std::size_t cpus, std::size_t word) {
  std::vector<Range> ranges(cpus, Range{0, word});
  for (const Wanted& part : wanted) ranges.insert(ranges.end(), cpus, Range{0, part.size});
  return ranges;
}

class GenericReader final : public Reader {
 public:
  GenericReader(const Catalogue& catalogue, std::span<const Wanted> wanted,
                std::span<const std::uint32_t> cpus)
      : cpus_(cpus.size()),
        word_(kernel_word_size()),
        memory_(ranges_for(wanted, cpus.size(), word_)) {
    // Only now: who may not load the program is told so, not that symbols are hidden.
    std::vector<const Variable*> variables;
    variables.reserve(wanted.size());
    for (const Wanted& part : wanted) variables.push_back(part.variable);
    std::vector<SymbolName> names = symbols_for(catalogue, variables);
    names.push_back(offset_table());
    const Symbols symbols = Symbols::load(names);
    aim(wanted, addresses_of(catalogue, variables, symbols), read_offsets(memory_, cpus, symbols));
  }

  [[nodiscard]] Method method() const override { return Method::generic; }
  void read() override { memory_.read(); }
  [[nodiscard]] Copy copy(std::size_t wanted, std::size_t cpu) const override {
    return memory_.copy(place_of(wanted, cpu));
  }
  [[nodiscard]] std::string why_unread(std::size_t wanted) const override {
    return has_address_[wanted] ? "nothing can be read at its address"
                                : "/proc/kallsyms does not say where it is, or not where BTF does";
  }

 private:
  [[nodiscard]] std::size_t place_of(std::size_t wanted, std::size_t cpu) const {
    return cpus_ + wanted * cpus_ + cpu;
  }
  void aim(std::span<const Wanted> wanted, std::span<const std::optional<std::uint64_t>> addresses,
           std::span<const std::uint64_t> offsets);

  std::size_t cpus_;
  std::size_t word_;
  MemoryReader memory_;
  std::vector<bool> has_address_;  // by what is wanted
};

// A variable without an address leaves its copies unread, unless none has one.
void GenericReader::aim(std::span<const Wanted> wanted,
                        std::span<const std::optional<std::uint64_t>> addresses,
                        std::span<const std::uint64_t> offsets) {
  const std::uint64_t all_bits = word_ == 4 ? 0xffffffffU : ~std::uint64_t{0};
  bool any = false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::optional<std::uint64_t>& address = addresses[i];
    any = any || address;
    has_address_.push_back(address.has_value());
    // Nothing is at 0: reading it fails.
    for (std::size_t cpu = 0; cpu < cpus_; ++cpu)
      memory_.set_address(place_of(i, cpu),
                          address ? (*address + offsets[cpu] + wanted[i].offset) & all_bits : 0);
  }
  if (!any)
    throw InspectError(Problem::no_address,
                       "/proc/kallsyms does not list " + wanted.front().variable->name + " of " +
                           wanted.front().variable->module + " where BTF has it",
                       "see that the module is loaded; the kernel needs CONFIG_KALLSYMS_ALL");
}

}  // namespace

std::unique_ptr<Reader> make_generic_reader(const Catalogue& catalogue,
                                            std::span<const Wanted> wanted,
                                            std::span<const std::uint32_t> cpus) {
  return std::make_unique<GenericReader>(catalogue, wanted, cpus);
}

}  // namespace percpu_scope::inspect
