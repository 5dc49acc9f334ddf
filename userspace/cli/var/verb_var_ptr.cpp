// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu var ptr: what a dynamic __percpu pointer points to, on each CPU.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/documents.hpp"
#include "cli/var/reading.hpp"
#include "cli/var/var_selection.hpp"
#include "cli/verbs.hpp"
#include "inspect/error.hpp"
#include "inspect/read/pointer_reader.hpp"

namespace percpu_scope::cli {
namespace {

struct Arguments {
  std::vector<std::string> pointers;
  std::string module;
  bool flat = false;
  bool addresses = false;
};

struct Pointer {
  NamedPlace named;  // a symbol, or an address as given
  std::vector<std::uint32_t> cpus;
};

std::uint64_t parse_address(std::string_view text) {
  std::uint64_t address = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + 2, end, address, 16);
  if (error != std::errc() || stopped != end)
    throw UsageError(fmt::format("'{}' is no address of up to 64 bits", text));
  if (address == 0) throw UsageError("a NULL pointer points to nothing");
  return address;
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

Pointer choose(const inspect::Catalogue& catalogue, const std::string& word,
               const std::string& module, std::span<const std::uint32_t> possible) {
  const inspect::PointerRequest request = inspect::parse_pointer_request(word);
  Pointer pointer;
  NamedPlace& named = pointer.named;
  named.name = request.target.variable;
  named.module = request.target.module.empty() ? module : request.target.module;
  if (named.module.empty()) named.module = inspect::kernel_name;
  catalogue.require_module(named.module);
  named.btf = catalogue.btf_of(named.module);
  refuse_variables(catalogue, named);
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
  if (named.name.starts_with("0x"))
    target.value = parse_address(named.name);
  else
    target.symbol = {named.module, named.name};
  return target;
}

ExitCode run(const Session& session, const Arguments& arguments) {
  const inspect::Catalogue catalogue = inspect::Catalogue::load();
  const std::vector<std::uint32_t> possible = inspect::possible_cpus();
  std::vector<Pointer> pointers;
  std::vector<inspect::PointerTarget> targets;
  for (const std::string& word : arguments.pointers) {
    pointers.push_back(choose(catalogue, word, arguments.module, possible));
    targets.push_back(target_of(pointers.back().named));
  }
  const inspect::PointerReader reader(targets, possible);

  const inspect::Decoding decoding{.addresses = arguments.addresses};
  const auto why = [] { return std::string("nothing can be read where the pointer points to"); };
  Json variables = Json::array();
  for (std::size_t i = 0; i < pointers.size(); ++i) {
    const Pointer& pointer = pointers[i];
    const auto copy = [&](std::uint32_t cpu) {
      const auto place = std::lower_bound(possible.begin(), possible.end(), cpu);
      return reader.copy(i, static_cast<std::size_t>(place - possible.begin()));
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
      "SYMBOL=TYPE[.field]...[:cpus] for a variable that holds the pointer, 0xADDRESS=TYPE for\n"
      "the pointer itself. BTF does not tell which pointers are __percpu. #NUMBER is the type of\n"
      "that number in BTF, where two have one name.");
  const auto arguments = std::make_shared<Arguments>();
  command.words("pointer", arguments->pointers, "e.g. 'ip_rt_acct=struct ip_rt_acct'",
                Presence::required);
  command.option("--module", arguments->module,
                 "whose symbol and types; default: vmlinux, the kernel itself");
  command.flag("--flat", arguments->flat, "lines pointer.field:cpu=value instead of a table");
  command.flag("--addr", arguments->addresses, "show pointers and addresses");
  command.on_run(session, [&session, arguments] { return run(session, *arguments); });
}

}  // namespace percpu_scope::cli
