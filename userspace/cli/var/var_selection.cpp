// SPDX-License-Identifier: GPL-2.0-only
//
// Choosing variables, and making readers for the choice.
#include "cli/var/var_selection.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/frame/exit_code.hpp"
#include "cli/module/selection.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {

NamedPlace named(const Chosen& chosen) {
  return {.name = chosen.variable->name,
          .module = chosen.variable->module,
          .btf = chosen.variable->btf,
          .place = chosen.place};
}

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
    const auto module_of = [&module](std::string_view said) {
      return said.empty() ? std::string_view(module) : said;
    };
    const inspect::Request request =
        inspect::parse_request(word, [&](std::string_view said, std::string_view name) {
          return catalogue.has(name, module_of(said));
        });
    const inspect::Variable& variable = catalogue.find(request.variable, module_of(request.module));
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
  if (!module.empty()) catalogue.require_module(module);
  catalogue.require_variables();
  std::vector<Chosen> chosen;
  for (const inspect::Variable& variable : catalogue.variables()) {
    if (!module.empty() && variable.module != module) continue;
    inspect::Place place = inspect::resolve(*variable.btf, variable.type, {});
    // What is empty on this kernel, or of no type that is known, has nothing to be read.
    if (variable.size != 0 && place.size != 0)
      chosen.push_back({.variable = &variable,
                        .place = std::move(place),
                        .cpus = {possible.begin(), possible.end()}});
  }
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

}  // namespace percpu_scope::cli
