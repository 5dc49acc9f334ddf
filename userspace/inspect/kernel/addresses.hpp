// SPDX-License-Identifier: GPL-2.0-only
//
// Which symbol is which variable. No BPF and no CPUs: a copy lies at this address
// plus the CPU's offset, modulo 2^64.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "inspect/catalogue/catalogue.hpp"
#include "inspect/kernel/symbols.hpp"

namespace percpu_scope::inspect {

// What addresses_of() wants to know: these variables, and their objects' others.
std::vector<SymbolName> symbols_for(const Catalogue& catalogue,
                                    std::span<const Variable* const> variables);

// One for each of `variables`; nothing where kallsyms lists none of its object's. A
// variable may have no symbol of its own, or an ordinary `count` beside the per-CPU
// one: where BTF says that it lies among the object's others then tells its address.
// Empty if that cannot tell either.
std::vector<std::optional<std::uint64_t>> addresses_of(const Catalogue& catalogue,
                                                       std::span<const Variable* const> variables,
                                                       const Symbols& symbols);

}  // namespace percpu_scope::inspect
