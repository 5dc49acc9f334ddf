// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu var ptr: what a dynamic __percpu pointer points to, on each CPU.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/documents.hpp"
#include "cli/var/reading.hpp"
#include "cli/var/var_selection.hpp"
#include "cli/verbs.hpp"
#include "inspect/btf/type_search.hpp"
#include "inspect/error.hpp"
#include "inspect/kernel/cpus.hpp"
#include "inspect/kernel/hexadecimal.hpp"
#include "inspect/kernel/symbols.hpp"
#include "inspect/read/pointer_reader.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

struct PtrArguments {
  std::vector<std::string> pointers;
  std::string module;
  bool flat = false;
  bool addresses = false;
};

struct Pointer {
  NamedPlace named;  // a symbol, or an address as given
  std::vector<std::uint32_t> cpus;
};

bool is_address(std::string_view name) { return name.starts_with("0x"); }

std::uint64_t parse_address(std::string_view text) {
  const std::optional<std::uint64_t> address = inspect::parse_hexadecimal(text.substr(2));
  if (!address) throw UsageError(fmt::format("'{}' is no address of up to 64 bits", text));
  if (*address == 0) throw UsageError("a NULL pointer points to nothing");
  return *address;
}

// The objects with BTF that have such a symbol. Empty, too, where all addresses are hidden:
// the reader then says so, or that it may not read at all.
std::vector<std::string> owners_of(const inspect::Catalogue& catalogue, const std::string& name) {
  std::vector<inspect::SymbolName> names;
  for (const std::string& module : catalogue.module_names()) names.push_back({module, name});
  std::vector<std::string> owners;
  try {
    const inspect::Symbols symbols = inspect::Symbols::load(names);
    for (const inspect::SymbolName& one : names)
      if (!symbols.all(one).empty()) owners.push_back(one.module);
  } catch (const inspect::InspectError& error) {
    if (error.problem() != inspect::Problem::hidden_symbols) throw;
    owners.emplace_back(inspect::kernel_name);
  }
  return owners;
}

// Wherever it is, as var read finds variables.
std::string module_of(const inspect::Catalogue& catalogue, const std::string& name) {
  if (is_address(name) || catalogue.has(name, inspect::kernel_name))
    return std::string(inspect::kernel_name);
  const std::vector<std::string> owners = owners_of(catalogue, name);
  if (owners.size() == 1) return owners.front();
  if (owners.empty())
    throw UnknownNameError("symbol of the kernel or of a module with BTF", name, {});
  throw inspect::InspectError(
      inspect::Problem::bad_request,
      fmt::format("more than one object has a symbol '{}': {}", name, fmt::join(owners, ", ")),
      fmt::format("say which: {}::{}", owners.front(), name));
}

// Where BTF tells of it what it is.
void refuse_no_pointers(const NamedPlace& named) {
  const std::optional<inspect::TypeId> type = inspect::find_variable(*named.btf, named.name);
  if (!type) return;
  const std::string spelling = named.btf->spell(*type);
  // An unsigned long may hold one.
  if (spelling.ends_with('*') ||
      (spelling.find('[') == std::string::npos && !spelling.starts_with("struct") &&
       !spelling.starts_with("union") && named.btf->has_size(*type) &&
       named.btf->size_of(*type) == named.btf->pointer_size()))
    return;
  throw inspect::InspectError(
      inspect::Problem::bad_request,
      fmt::format("'{}' is no pointer but of type {}, and members are not followed", named.name,
                  spelling));
}

// What lies in a per-CPU variable is no pointer in one place, but one on each CPU.
void refuse_variables(const inspect::Catalogue& catalogue, const NamedPlace& named) {
  for (const inspect::Variable& variable : catalogue.variables())
    if (variable.name == named.name && variable.module == named.module)
      throw inspect::InspectError(inspect::Problem::bad_request,
                                  fmt::format("'{}' is a per-CPU variable itself, of type {}",
                                              named.name, variable.btf->spell(variable.type)),
                                  fmt::format("pcpu var read {}", named.name));
}

Pointer pointer_of(const inspect::Catalogue& catalogue, const std::string& word,
                   const std::string& module, std::span<const std::uint32_t> possible) {
  const inspect::PointerRequest request = inspect::parse_pointer_request(word);
  Pointer pointer;
  NamedPlace& named = pointer.named;
  named.name = request.target.variable;
  named.module = request.target.module.empty() ? module : request.target.module;
  if (named.module.empty()) named.module = module_of(catalogue, named.name);
  catalogue.require_module(named.module);
  named.btf = catalogue.btf_of(named.module);
  refuse_variables(catalogue, named);
  refuse_no_pointers(named);
  named.place = inspect::resolve(*named.btf, named.btf->find(request.type), request.target);
  if (named.place.size == 0)
    throw inspect::InspectError(
        inspect::Problem::bad_request,
        fmt::format("there is nothing to read: '{}' is empty on this kernel",
                    named.btf->spell(named.place.type)));
  pointer.cpus = choose_cpus(request.target.cpus, possible);
  return pointer;
}

inspect::PointerTarget target_of(const NamedPlace& named) {
  inspect::PointerTarget target{
      .symbol = {}, .value = 0, .offset = named.place.offset, .size = named.place.size};
  if (is_address(named.name))
    target.value = parse_address(named.name);
  else
    target.symbol = {named.module, named.name};
  return target;
}

ExitCode run_ptr(const Session& session, const PtrArguments& arguments) {
  const inspect::Catalogue catalogue = inspect::Catalogue::load();
  const std::vector<std::uint32_t> possible = inspect::possible_cpus();
  std::vector<Pointer> pointers;
  std::vector<inspect::PointerTarget> targets;
  for (const std::string& word : arguments.pointers) {
    pointers.push_back(pointer_of(catalogue, word, arguments.module, possible));
    targets.push_back(target_of(pointers.back().named));
  }
  const inspect::PointerReader reader(targets, possible);

  const inspect::Decoding decoding{.addresses = arguments.addresses};
  Json variables = Json::array();
  for (std::size_t i = 0; i < pointers.size(); ++i) {
    const Pointer& pointer = pointers[i];
    const auto copy = [&](std::uint32_t cpu) {
      const auto place = std::lower_bound(possible.begin(), possible.end(), cpu);
      return reader.copy(i, static_cast<std::size_t>(place - possible.begin()));
    };
    const auto why = [&] {
      return is_address(pointer.named.name)
                 ? std::string("nothing can be read where the pointer points to")
                 : fmt::format(
                       "nothing can be read where its first word points to: if {} is no __percpu "
                       "pointer but a struct, members are not followed",
                       pointer.named.name);
    };
    variables.push_back(reading_document(pointer.named, pointer.cpus, decoding, copy, why));
    if (arguments.addresses)
      variables.back()["address"] = hexadecimal(reader.value(i) + pointer.named.place.offset);
  }
  const bool whole =
      print_reading(session, inspect::Method::generic, std::move(variables), arguments.flat);
  return whole ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_var_ptr(const Command& parent, Session& session) {
  const Command command = parent.add(
      "ptr",
      "What a dynamic __percpu pointer points to on each CPU, as the type that you name:\n"
      "SYMBOL=TYPE[.field]...[:cpus] or module::SYMBOL=... for a variable that holds the\n"
      "pointer, 0xADDRESS=TYPE for the pointer itself. BTF does not tell which pointers are\n"
      "__percpu, nor which symbols are pointers; of a struct, members are not followed. #NUMBER\n"
      "is the type of that number in BTF, where two have one name.");
  const auto arguments = std::make_shared<PtrArguments>();
  command.words("pointer", arguments->pointers, "e.g. 'ip_rt_acct=struct ip_rt_acct'",
                Presence::required);
  command.option("--module", arguments->module,
                 "whose symbol and types; default: where the symbol is, and vmlinux for addresses");
  command.flag("--flat", arguments->flat, "lines pointer.field:cpu=value instead of a table");
  command.flag("--addr", arguments->addresses, "show pointers and addresses");
  command.on_run(session, [&session, arguments] { return run_ptr(session, *arguments); });
}

}  // namespace percpu_scope::cli
