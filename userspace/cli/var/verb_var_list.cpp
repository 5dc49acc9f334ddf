// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu var list: every per-CPU variable that BTF knows.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/documents.hpp"
#include "cli/var/reading.hpp"
#include "cli/var/var_selection.hpp"
#include "cli/verbs.hpp"
#include "inspect/catalogue/catalogue.hpp"
#include "inspect/catalogue/glob.hpp"
#include "inspect/error.hpp"
#include "percpu_scope/closest_names.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

struct ListArguments {
  std::string glob;
  std::string module;
  std::string type;
  std::string size;
  std::string sort = "offset";
  bool addresses = false;
  bool names = false;
  bool modules = false;
};

inspect::Filter filter_of(const ListArguments& arguments) {
  inspect::Filter filter{
      .glob = arguments.glob, .module = arguments.module, .type = arguments.type};
  if (arguments.size.empty()) return filter;
  const std::optional<inspect::SizeFilter> size = inspect::SizeFilter::parse(arguments.size);
  if (!size)
    throw UsageError("--size '" + arguments.size +
                     "' is no number of bytes; write e.g. 64, '>64', '>=64', '<64' or '<=64'");
  filter.size = *size;
  return filter;
}

// "long unsigned int" as BTF's own spelling has it; what is no spelling of a type is a
// glob of them.
std::string spelled(const inspect::Catalogue& catalogue, const std::string& type) {
  try {
    return catalogue.kernel().spell(catalogue.kernel().find(type));
  } catch (const UnknownNameError&) {
    return type;
  } catch (const inspect::InspectError&) {  // of several types: they are spelled the same
    return type;
  }
}

void check_type(const inspect::Catalogue& catalogue, const std::string& type) {
  // The brackets of an array are no glob.
  if (type.empty() || type.find_first_of("*?") != std::string::npos) return;
  std::vector<std::string> types;
  for (const inspect::Variable& variable : catalogue.variables()) {
    types.push_back(variable.btf->spell(variable.type));
    if (types.back() == type) return;
  }
  std::sort(types.begin(), types.end());
  types.erase(std::unique(types.begin(), types.end()), types.end());
  throw UnknownNameError("type of a per-CPU variable", type,
                         closest_names(type, std::move(types), few_names));
}

// A glob may match nothing; a name that nothing has is a mistake.
void check_names(const inspect::Catalogue& catalogue, const ListArguments& arguments) {
  if (!arguments.module.empty()) {
    catalogue.require_module(arguments.module);
    std::vector<std::string> modules = modules_of(catalogue);
    if (std::find(modules.begin(), modules.end(), arguments.module) == modules.end())
      throw UnknownNameError("module with per-CPU variables", arguments.module, std::move(modules));
  }
  check_type(catalogue, arguments.type);
  if (arguments.glob.empty() || inspect::is_glob(arguments.glob)) return;
  if (!catalogue.has(arguments.glob, arguments.module))
    catalogue.refuse_name(arguments.glob, arguments.module);
}

// They come in the order of offsets.
void sort(std::vector<inspect::Variable>& variables, const std::string& key) {
  using inspect::Variable;
  if (key == "size")
    std::stable_sort(
        variables.begin(), variables.end(),
        [](const Variable& left, const Variable& right) { return left.size > right.size; });
  if (key == "name")
    std::stable_sort(
        variables.begin(), variables.end(),
        [](const Variable& left, const Variable& right) { return left.name < right.name; });
}

Json document_of(const std::vector<inspect::Variable>& variables) {
  Json document = Json::array();
  for (const inspect::Variable& variable : variables)
    document.push_back({{"name", variable.name},
                        {"module", variable.module},
                        {"type", variable.btf->spell(variable.type)},
                        {"offset", variable.offset},
                        {"size", variable.size}});
  return document;
}

void add_addresses(Json& document, const inspect::Catalogue& catalogue,
                   const std::vector<inspect::Variable>& variables) {
  std::vector<const inspect::Variable*> wanted;
  wanted.reserve(variables.size());
  for (const inspect::Variable& variable : variables) wanted.push_back(&variable);
  const auto addresses = kernel_addresses(catalogue, wanted);
  for (std::size_t i = 0; i < variables.size(); ++i)
    document[i]["address"] = addresses[i] ? Json(hexadecimal(*addresses[i])) : Json();
}

ExitCode run_list(const Session& session, ListArguments arguments) {
  inspect::Filter filter = filter_of(arguments);
  const inspect::Catalogue catalogue = inspect::Catalogue::load();
  catalogue.require_variables();
  if (!arguments.type.empty()) filter.type = arguments.type = spelled(catalogue, arguments.type);
  if (arguments.modules) return print_names(session, modules_of(catalogue));
  check_names(catalogue, arguments);
  std::vector<inspect::Variable> variables = inspect::select(catalogue.variables(), filter);
  sort(variables, arguments.sort);
  if (arguments.names) return print_names(session, variables);
  Json document = document_of(variables);
  if (arguments.addresses) add_addresses(document, catalogue, variables);
  session.print_list(
      "variables", std::move(document),
      [&](const Json& rows, Numbers numbers) {
        std::vector<Column> columns{{"name"}, {"module"}, {"offset"}, {"size"}, {"type"}};
        if (arguments.addresses) columns.push_back({"address"});
        return render_table(rows, columns, numbers);
      },
      arguments.module.empty() ? unseen_modules(catalogue) : Notes{});
  return ExitCode::ok;
}

}  // namespace

void add_var_list(const Command& parent, Session& session) {
  const Command command =
      parent.add("list", "Name, module, offset in its section, size and type of each variable");
  const auto arguments = std::make_shared<ListArguments>();
  command.option("variable", arguments->glob, "its name, or a glob of names; default: all");
  command.option("--module", arguments->module, "only of this module; vmlinux: the kernel itself");
  command.option("--type", arguments->type, "only of this type, or a glob of types: 'struct rq'");
  command.option("--size", arguments->size,
                 "only of so many bytes: 64, '>64', '>=64', '<64' or '<=64'");
  command.choice("--sort", arguments->sort, {"offset", "size", "name"}, "the order");
  command.flag("--addr", arguments->addresses, "addresses too, as /proc/kallsyms has them");
  command.flag("--names", arguments->names, "nothing but names, one a line");
  command.flag("--modules", arguments->modules,
               "nothing but the names of modules that have variables, one a line");
  command.on_run(session, [&session, arguments] { return run_list(session, *arguments); });
}

}  // namespace percpu_scope::cli
