// SPDX-License-Identifier: GPL-2.0-only
//
// Variables to symbols.
#include "inspect/kernel/addresses.hpp"

#include <algorithm>
#include <map>

namespace percpu_scope::inspect {
namespace {

using Starts = std::map<std::string_view, std::uint64_t>;  // of sections, by module

SymbolName kernel_start() { return {std::string(kernel_name), "__per_cpu_start"}; }

// Where one object's section must begin for its symbols to lie where BTF says, by how many
// of its variables say so.
using Votes = std::map<std::uint64_t, std::size_t>;

void add_votes(Votes& votes, const Variable& variable, const Symbols& symbols) {
  // An ordinary variable of the same name votes, too: for a start that no other has.
  for (const std::uint64_t address : symbols.all({variable.module, variable.name}))
    ++votes[address - variable.offset];
}

// The start that most agree on; a single vote counts if there is no other. Nothing for a
// tie: who is right cannot be told.
std::optional<std::uint64_t> winner(const Votes& votes) {
  std::optional<std::uint64_t> start;
  std::size_t most = votes.size() > 1 ? 1 : 0;
  for (const auto& [candidate, count] : votes) {
    if (count < most) continue;
    start = count == most ? std::nullopt : std::optional(candidate);
    most = count;
  }
  return start;
}

Starts section_starts(const Catalogue& catalogue, const Symbols& symbols) {
  std::map<std::string_view, Votes> votes;
  for (const Variable& variable : catalogue.variables())
    add_votes(votes[variable.module], variable, symbols);
  Starts starts;
  for (const auto& [module, of_module] : votes)
    if (const auto start = winner(of_module)) starts.emplace(module, *start);
  // The linker's own word.
  if (const auto start = symbols.all(kernel_start()); start.size() == 1)
    starts.insert_or_assign(kernel_name, start.front());
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
  if (std::find(modules.begin(), modules.end(), kernel_name) != modules.end())
    names.push_back(kernel_start());
  return names;
}

std::vector<std::optional<std::uint64_t>> addresses_of(const Catalogue& catalogue,
                                                       std::span<const Variable* const> variables,
                                                       const Symbols& symbols) {
  const Starts starts = section_starts(catalogue, symbols);
  std::vector<std::optional<std::uint64_t>> addresses;
  addresses.reserve(variables.size());
  for (const Variable* const variable : variables) {
    addresses.emplace_back();
    const auto start = starts.find(variable->module);
    if (start == starts.end()) continue;
    const std::uint64_t expected = start->second + variable->offset;
    const auto found = symbols.all({variable->module, variable->name});
    // What is called so and lies elsewhere is another's: better none than that.
    if (found.empty() || std::find(found.begin(), found.end(), expected) != found.end())
      addresses.back() = expected;
  }
  return addresses;
}

}  // namespace percpu_scope::inspect
