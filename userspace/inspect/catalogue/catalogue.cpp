// SPDX-License-Identifier: GPL-2.0-only
//
// Variables from the DATASECs of all objects.
#include "inspect/catalogue/catalogue.hpp"

#include <bpf/btf.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <set>
#include <system_error>

#include "inspect/catalogue/glob.hpp"
#include "inspect/error.hpp"
#include "inspect/kernel/loaded_modules.hpp"
#include "percpu_scope/closest_names.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::inspect {
namespace {

constexpr std::string_view section_name = ".data..percpu";

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
  const auto kind = btf_kind(&btf.type(btf.elements_of(var.type).type));
  const bool has_size = kind != BTF_KIND_UNKN && kind != BTF_KIND_FWD;
  if (has_size && btf.size_of(var.type) > variable.size)
    malformed("variable '" + variable.name + "' is smaller than its type");
  if (variable.offset + variable.size > UINT32_MAX)
    malformed("variable '" + variable.name + "' reaches beyond every section");
  return variable;
}

// The files beside "vmlinux", by name.
std::vector<std::string> module_names_in(const std::string& folder) {
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

Catalogue::Catalogue(Btf kernel) : kernel_(std::make_unique<Btf>(std::move(kernel))) {
  variables_ = variables_of(*kernel_, std::string(kernel_name));
}

void Catalogue::add(const std::string& module, const std::function<Btf(const Btf*)>& read) {
  try {
    auto btf = std::make_unique<Btf>(read(kernel_.get()));
    std::vector<Variable> variables = variables_of(*btf, module);
    modules_.emplace_back(module, std::move(btf));
    std::move(variables.begin(), variables.end(), std::back_inserter(variables_));
  } catch (const InspectError& error) {
    failures_.push_back({module, error.what()});
  }
}

Catalogue Catalogue::load(const std::string& folder) {
  const std::string prefix = folder + '/';
  Catalogue catalogue(Btf::load(prefix + std::string(kernel_name)));
  for (const std::string& name : module_names_in(folder))
    catalogue.add(name, [&](const Btf* kernel) { return Btf::load(prefix + name, kernel); });
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
  throw UnknownNameError("module with BTF", module, module_names());
}

std::vector<std::string> Catalogue::module_names() const {
  std::vector<std::string> names{std::string(kernel_name)};
  for (const auto& candidate : modules_) names.push_back(candidate.first);
  return names;
}

void Catalogue::require_variables() const {
  if (std::any_of(variables_.begin(), variables_.end(),
                  [](const Variable& variable) { return variable.module == kernel_name; }))
    return;
  throw InspectError(
      Problem::no_btf,
      "the kernel's BTF tells of no per-CPU variable: it has no section " +
          std::string(section_name),
      "boot a kernel whose BTF was made by pahole 1.22 or newer, which older kernels' builds "
      "tell to leave them out; one without CONFIG_SMP has none");
}

bool Catalogue::has(std::string_view name, std::string_view module) const {
  return std::any_of(variables_.begin(), variables_.end(), [&](const Variable& variable) {
    return variable.name == name && (module.empty() || variable.module == module);
  });
}

void Catalogue::refuse_name(std::string_view name, std::string_view module) const {
  require_variables();
  std::vector<std::string> known;
  for (const Variable& variable : variables_)
    if (module.empty() || variable.module == module) known.push_back(variable.name);
  throw UnknownNameError("per-CPU variable", name,
                         closest_names(name, std::move(known), few_names));
}

const Variable& Catalogue::find(std::string_view name, std::string_view module) const {
  if (!module.empty()) require_module(module);
  std::vector<const Variable*> found;
  for (const Variable& variable : variables_)
    if (variable.name == name && (module.empty() || variable.module == module))
      found.push_back(&variable);
  if (found.size() == 1) return *found.front();
  if (found.empty()) refuse_name(name, module);

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

bool SizeFilter::takes(std::uint64_t size) const {
  switch (relation) {
    case Relation::any:
      break;
    case Relation::less:
      return size < bytes;
    case Relation::at_most:
      return size <= bytes;
    case Relation::equal:
      return size == bytes;
    case Relation::at_least:
      return size >= bytes;
    case Relation::more:
      return size > bytes;
  }
  return true;
}

std::optional<SizeFilter> SizeFilter::parse(std::string_view text) {
  // The longer ones first: "<=" begins as "<" does.
  constexpr std::array<std::pair<std::string_view, Relation>, 6> relations{
      {{"<=", Relation::at_most},
       {">=", Relation::at_least},
       {"<", Relation::less},
       {">", Relation::more},
       {"=", Relation::equal},
       {"", Relation::equal}}};
  const auto* const found = std::find_if(relations.begin(), relations.end(), [&](const auto& one) {
    return text.starts_with(one.first);
  });
  text.remove_prefix(found->first.size());
  SizeFilter filter{.relation = found->second, .bytes = 0};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, filter.bytes);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return filter;
}

std::vector<Variable> select(std::span<const Variable> variables, const Filter& filter) {
  std::vector<Variable> selected;
  for (const Variable& variable : variables) {
    if (!filter.module.empty() && variable.module != filter.module) continue;
    if (!filter.size.takes(variable.size)) continue;
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
