// SPDX-License-Identifier: GPL-2.0-only
//
// Choosing variables, and making readers for the choice.
#include "cli/var_selection.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/documents.hpp"
#include "cli/exit_code.hpp"
#include "cli/selection.hpp"
#include "inspect/addresses.hpp"
#include "inspect/symbols.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {

std::vector<std::uint32_t> choose_cpus(const std::string& text,
                                       std::span<const std::uint32_t> possible) {
  if (text.empty()) return {possible.begin(), possible.end()};
  return parse_cpus(text, possible);
}

std::vector<Chosen> choose_variables(const inspect::Catalogue& catalogue,
                                     std::span<const std::string> words, const std::string& module,
                                     std::span<const std::uint32_t> possible) {
  std::vector<Chosen> chosen;
  chosen.reserve(words.size());
  for (const std::string& word : words) {
    const inspect::Request request = inspect::parse_request(word);
    const inspect::Variable& variable =
        catalogue.find(request.variable, request.module.empty() ? module : request.module);
    chosen.push_back({.variable = &variable,
                      .place = inspect::resolve(*variable.btf, variable.type, request),
                      .cpus = choose_cpus(request.cpus, possible)});
  }
  return chosen;
}

std::vector<std::string> modules_of(const inspect::Catalogue& catalogue) {
  std::vector<std::string> modules;
  for (const inspect::Variable& variable : catalogue.variables())
    if (modules.empty() || modules.back() != variable.module) modules.push_back(variable.module);
  return modules;
}

std::vector<Chosen> all_variables(const inspect::Catalogue& catalogue, const std::string& module,
                                  std::span<const std::uint32_t> possible) {
  std::vector<Chosen> chosen;
  for (const inspect::Variable& variable : catalogue.variables())
    if (module.empty() || variable.module == module)
      chosen.push_back({.variable = &variable,
                        .place = inspect::resolve(*variable.btf, variable.type, {}),
                        .cpus = {possible.begin(), possible.end()}});
  if (chosen.empty())
    throw UnknownNameError("module with per-CPU variables", module, modules_of(catalogue));
  return chosen;
}

std::vector<std::uint32_t> cpus_of(std::span<const Chosen> chosen) {
  std::vector<std::uint32_t> cpus;
  for (const Chosen& one : chosen) cpus.insert(cpus.end(), one.cpus.begin(), one.cpus.end());
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::unique_ptr<inspect::Reader> read_chosen(const inspect::Catalogue& catalogue,
                                             std::span<const Chosen> chosen,
                                             std::span<const std::uint32_t> cpus,
                                             inspect::Method method) {
  std::vector<inspect::Wanted> wanted;
  wanted.reserve(chosen.size());
  for (const Chosen& one : chosen)
    wanted.push_back(
        {.variable = one.variable, .offset = one.place.offset, .size = one.place.size});
  return inspect::make_reader(catalogue, wanted, cpus, method);
}

inspect::Method parse_method(const std::string& word) {
  for (const inspect::Method method : {inspect::Method::generic, inspect::Method::typed})
    if (word == inspect::to_string(method)) return method;
  return inspect::Method::automatic;
}

Json addresses_document(const inspect::Catalogue& catalogue,
                        std::span<const inspect::Variable* const> variables) {
  const inspect::Symbols symbols =
      inspect::Symbols::load(inspect::symbols_for(catalogue, variables));
  Json document = Json::array();
  for (const std::optional<std::uint64_t>& address :
       inspect::addresses_of(catalogue, variables, symbols))
    document.push_back(address ? Json(hexadecimal(*address)) : Json());
  return document;
}

Json variable_document(const Chosen& chosen, Json values) {
  return Json{
      {"name", chosen.variable->name}, {"module", chosen.variable->module},
      {"path", chosen.place.path},     {"type", chosen.variable->btf->spell(chosen.place.type)},
      {"size", chosen.place.size},     {"values", std::move(values)}};
}

Json values_document(const inspect::Btf& btf, const inspect::Place& place,
                     std::span<const std::uint32_t> cpus, const inspect::Decoding& decoding,
                     const std::function<inspect::Copy(std::uint32_t cpu)>& copy) {
  Json values = Json::object();
  for (const std::uint32_t cpu : cpus) {
    const inspect::Copy read = copy(cpu);
    values.push_back(
        {std::to_string(cpu), read.read ? decode(btf, place, read.bytes, decoding) : Json()});
  }
  return values;
}

}  // namespace percpu_scope::cli
