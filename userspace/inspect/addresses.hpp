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

#include "inspect/catalogue.hpp"
#include "inspect/symbols.hpp"

namespace percpu_scope::inspect {

// What addresses_of() wants to know: these variables, and their objects' others.
std::vector<SymbolName> symbols_for(const Catalogue& catalogue,
                                    std::span<const Variable* const> variables);

// One for each of `variables`; nothing where kallsyms lists none. An object may have
// a per-CPU `count` and an ordinary one: they are told apart by where BTF says that
// the variable lies among the object's others. bad_request if that cannot tell.
std::vector<std::optional<std::uint64_t>> addresses_of(const Catalogue& catalogue,
                                                       std::span<const Variable* const> variables,
                                                       const Symbols& symbols);

}  // namespace percpu_scope::inspect
