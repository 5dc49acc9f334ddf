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

// One for each of `variables`: where its object's section begins, and its place in it. The
// kernel's begins at __per_cpu_start, any other's where most of its symbols say, given
// where BTF has them in it. Empty where that cannot be told, and where the symbols of the
// variable's name lie elsewhere: an ordinary `count`, where the per-CPU one is `count.0`.
std::vector<std::optional<std::uint64_t>> addresses_of(const Catalogue& catalogue,
                                                       std::span<const Variable* const> variables,
                                                       const Symbols& symbols);

}  // namespace percpu_scope::inspect
