// SPDX-License-Identifier: GPL-2.0-only
//
// Variables from the DATASECs of all objects.
#include "inspect/catalogue/catalogue.hpp"

#include <bpf/btf.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "inspect/catalogue/glob.hpp"
#include "inspect/error.hpp"
#include "inspect/kernel/loaded_modules.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::inspect {
namespace {

constexpr std::string_view section_name = ".data..percpu";

[[noreturn]] void malformed(const std::string& why) {
  throw InspectError(Problem::malformed_btf, "malformed BTF: " + why);
}

Variable variable_at(const Btf& btf, const std::string& module,
                     const struct btf_var_secinfo& place) {
  const ::btf_type& var = btf.type(place.type);
  if (btf_kind(&var) != BTF_KIND_VAR) malformed("something in a section that is no variable");
  Variable variable{.name = std::string(btf.name(var)),
                    .module = module,
                    .btf = &btf,
                    .var = place.type,
                    .type = var.type,
                    .offset = place.offset,
                    .size = place.size};
  if (variable.name.empty()) malformed("a variable without a name");
  // As the kernel checks it; a larger size is a flexible array with elements.
  const auto kind = btf_kind(&btf.type(btf.strip(var.type)));
  const bool has_size = kind != BTF_KIND_UNKN && kind != BTF_KIND_FWD;
  if (has_size && btf.size_of(var.type) > variable.size)
    malformed("variable '" + variable.name + "' is smaller than its type");
  if (variable.offset + variable.size > UINT32_MAX)
    malformed("variable '" + variable.name + "' reaches beyond every section");
  return variable;
}

// The files beside "vmlinux", by name.
std::vector<std::string> module_names(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    if (name != kernel_name) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<Variable> variables_of(const Btf& btf, const std::string& module) {
  std::vector<Variable> variables;
  for (const TypeId id : btf.sections()) {
    const ::btf_type& section = btf.type(id);
    if (btf.name(section) != section_name) continue;
    for (std::uint32_t i = 0; i < vlen_of(section); ++i)
      variables.push_back(variable_at(btf, module, btf_var_secinfos(&section)[i]));
  }
  std::stable_sort(
      variables.begin(), variables.end(),
      [](const Variable& left, const Variable& right) { return left.offset < right.offset; });
  return variables;
}

Catalogue Catalogue::load(const std::string& folder) {
  Catalogue catalogue;
  catalogue.kernel_ = std::make_unique<Btf>(Btf::load(folder + '/' + std::string(kernel_name)));
  const Btf& kernel = *catalogue.kernel_;
  catalogue.variables_ = variables_of(kernel, std::string(kernel_name));
  const std::string prefix = folder + '/';
  for (const std::string& name : module_names(folder)) {
    std::vector<Variable> variables;
    try {
      auto btf = std::make_unique<Btf>(Btf::load(prefix + name, &kernel));
      variables = variables_of(*btf, name);
      catalogue.modules_.emplace_back(name, std::move(btf));
    } catch (const InspectError& error) {
      catalogue.failures_.push_back({name, error.what()});
      continue;
    }
    std::move(variables.begin(), variables.end(), std::back_inserter(catalogue.variables_));
  }
  return catalogue;
}

const Btf* Catalogue::btf_of(std::string_view module) const {
  if (module == kernel_name) return kernel_.get();
  const auto found = std::find_if(modules_.begin(), modules_.end(),
                                  [&](const auto& candidate) { return candidate.first == module; });
  return found == modules_.end() ? nullptr : found->second.get();
}

void Catalogue::require_module(std::string_view module) const {
  if (btf_of(module) != nullptr) return;
  constexpr const char* remedy =
      "build it with BTF that is split from this very kernel's, as Debian's modules are";
  const std::string name(module);
  for (const Failure& failure : failures_)
    if (failure.module == module)
      throw InspectError(Problem::malformed_btf, name + ": " + failure.message, remedy);
  if (is_module_loaded(name))
    throw InspectError(Problem::no_btf, "module " + name + " is loaded, and has no BTF", remedy);
  std::vector<std::string> known{std::string(kernel_name)};
  for (const auto& candidate : modules_) known.push_back(candidate.first);
  throw UnknownNameError("module with BTF", module, std::move(known));
}

const Variable& Catalogue::find(std::string_view name, std::string_view module) const {
  if (!module.empty()) require_module(module);
  std::vector<const Variable*> found;
  for (const Variable& variable : variables_)
    if (variable.name == name && (module.empty() || variable.module == module))
      found.push_back(&variable);
  if (found.size() == 1) return *found.front();
  if (found.empty()) {
    std::vector<std::string> known;
    for (const Variable& variable : variables_)
      if (module.empty() || variable.module == module) known.push_back(variable.name);
    throw UnknownNameError("per-CPU variable", name, std::move(known));
  }

  std::string modules;
  std::set<std::string_view> distinct;
  for (const Variable* const variable : found) {
    if (!distinct.insert(variable->module).second) continue;
    (modules += modules.empty() ? "" : ", ") += variable->module;
  }
  const std::string called(name);
  if (distinct.size() == 1)
    throw InspectError(Problem::bad_request,
                       modules + " has " + std::to_string(found.size()) +
                           " per-CPU variables called '" + called + "'",
                       "pcpu var list " + called +
                           " --addr tells where they are, pcpu var ptr 0xADDRESS=TYPE reads one");
  throw InspectError(
      Problem::bad_request,
      "more than one object has a per-CPU variable '" + std::string(name) + "': " + modules,
      "say which: " + found.front()->module + "::" + std::string(name));
}

std::vector<Variable> select(std::span<const Variable> variables, const Filter& filter) {
  std::vector<Variable> selected;
  for (const Variable& variable : variables) {
    if (!filter.module.empty() && variable.module != filter.module) continue;
    if (filter.has_larger_than && variable.size <= filter.larger_than) continue;
    if (!filter.glob.empty() && !matches_glob(variable.name, filter.glob)) continue;
    if (!filter.type.empty()) {
      const std::string type = variable.btf->spell(variable.type);
      // First as it stands: the brackets of an array are a pattern, too.
      if (type != filter.type && !matches_glob(type, filter.type)) continue;
    }
    selected.push_back(variable);
  }
  return selected;
}

}  // namespace percpu_scope::inspect
