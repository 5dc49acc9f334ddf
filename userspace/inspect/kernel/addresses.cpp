// SPDX-License-Identifier: GPL-2.0-only
//
// Variables to symbols.
#include "inspect/kernel/addresses.hpp"

#include <algorithm>
#include <map>

namespace percpu_scope::inspect {
namespace {

using Starts = std::map<std::string_view, std::uint64_t>;  // of sections, by module

// By the first variable of each object that only one symbol can be.
Starts section_starts(const Catalogue& catalogue, const Symbols& symbols) {
  Starts starts;
  for (const Variable& variable : catalogue.variables()) {
    if (starts.contains(variable.module)) continue;
    const std::span<const std::uint64_t> found = symbols.all({variable.module, variable.name});
    if (found.size() == 1) starts.emplace(variable.module, found.front() - variable.offset);
  }
  return starts;
}

}  // namespace

std::vector<SymbolName> symbols_for(const Catalogue& catalogue,
                                    std::span<const Variable* const> variables) {
  std::vector<std::string_view> modules;
  for (const Variable* const variable : variables)
    if (std::find(modules.begin(), modules.end(), variable->module) == modules.end())
      modules.push_back(variable->module);
  std::vector<SymbolName> names;
  for (const Variable& variable : catalogue.variables())
    if (std::find(modules.begin(), modules.end(), variable.module) != modules.end())
      names.push_back({variable.module, variable.name});
  return names;
}

std::vector<std::optional<std::uint64_t>> addresses_of(const Catalogue& catalogue,
                                                       std::span<const Variable* const> variables,
                                                       const Symbols& symbols) {
  const Starts starts = section_starts(catalogue, symbols);
  std::vector<std::optional<std::uint64_t>> addresses;
  addresses.reserve(variables.size());
  for (const Variable* const variable : variables) {
    const SymbolName name{variable->module, variable->name};
    const std::span<const std::uint64_t> found = symbols.all(name);
    const auto start = starts.find(variable->module);
    if (found.size() != 1 && start != starts.end()) {
      const std::uint64_t expected = start->second + variable->offset;
      if (found.empty() || std::find(found.begin(), found.end(), expected) != found.end()) {
        addresses.emplace_back(expected);
        continue;
      }
    }
    // One of several, and nothing to tell them apart by: better none than another's.
    addresses.push_back(found.size() == 1 ? std::optional(found.front()) : std::nullopt);
  }
  return addresses;
}

}  // namespace percpu_scope::inspect
