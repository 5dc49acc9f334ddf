// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu var ptr: what a dynamic __percpu pointer points to, on each CPU.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/documents.hpp"
#include "cli/leaves.hpp"
#include "cli/session.hpp"
#include "cli/var_selection.hpp"
#include "cli/verbs.hpp"
#include "inspect/symbols.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

struct Arguments {
  std::vector<std::string> pointers;
  std::string module;
  bool flat = false;
  bool addresses = false;
};

struct Pointer {
  std::string name;  // as given: a symbol's or an address
  std::string module;
  const inspect::Btf* btf = nullptr;
  inspect::Place place;
  std::vector<std::uint32_t> cpus;
  std::uint64_t value = 0;  // the __percpu pointer

  [[nodiscard]] bool is_symbol() const { return !name.starts_with("0x"); }
};

std::uint64_t parse_address(std::string_view text) {
  std::uint64_t address = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + 2, end, address, 16);
  if (error != std::errc() || stopped != end)
    throw UsageError(fmt::format("'{}' is no address of up to 64 bits", text));
  return address;
}

Pointer choose(const inspect::Catalogue& catalogue, const std::string& word,
               const std::string& module, std::span<const std::uint32_t> possible) {
  const inspect::PointerRequest request = inspect::parse_pointer_request(word);
  Pointer pointer;
  pointer.name = request.target.variable;
  pointer.module = request.target.module.empty() ? module : request.target.module;
  if (pointer.module.empty()) pointer.module = inspect::kernel_name;
  pointer.btf = catalogue.btf_of(pointer.module);
  if (pointer.btf == nullptr)
    throw UsageError("no module '" + pointer.module + "' with BTF is loaded");
  pointer.place = inspect::resolve(*pointer.btf, pointer.btf->find(request.type), request.target);
  pointer.cpus = choose_cpus(request.target.cpus, possible);
  if (!pointer.is_symbol()) pointer.value = parse_address(pointer.name);
  return pointer;
}

// The pointers that symbols hold.
void follow_symbols(std::vector<Pointer>& pointers, std::size_t pointer_size) {
  std::vector<inspect::SymbolName> names;
  std::vector<Pointer*> followed;
  for (Pointer& pointer : pointers) {
    if (!pointer.is_symbol()) continue;
    names.push_back({pointer.module, pointer.name});
    followed.push_back(&pointer);
  }
  if (names.empty()) return;
  const inspect::Symbols symbols = inspect::Symbols::load(names);
  std::vector<inspect::Range> ranges;
  for (const inspect::SymbolName& name : names) {
    const std::optional<std::uint64_t> address = symbols.find(name);
    if (!address)
      throw UnknownNameError("symbol of " + name.module + " in /proc/kallsyms", name.name, {});
    ranges.push_back({.address = *address, .size = pointer_size});
  }
  inspect::MemoryReader reader(ranges);
  reader.read();
  for (std::size_t i = 0; i < followed.size(); ++i) {
    const inspect::Copy copy = reader.copy(i);
    if (!copy.read) throw std::runtime_error("cannot read the pointer in " + names[i].name);
    std::memcpy(&followed[i]->value, copy.bytes.data(), pointer_size);
    if (followed[i]->value == 0)
      throw std::runtime_error(names[i].name + " holds NULL: nothing is allocated");
  }
}

ExitCode run(const Session& session, const Arguments& arguments) {
  const inspect::Catalogue catalogue = inspect::Catalogue::load();
  const std::vector<std::uint32_t> possible = inspect::possible_cpus();
  std::vector<Pointer> pointers;
  pointers.reserve(arguments.pointers.size());
  for (const std::string& word : arguments.pointers)
    pointers.push_back(choose(catalogue, word, arguments.module, possible));
  follow_symbols(pointers, catalogue.kernel().pointer_size());

  const std::vector<std::uint64_t> offsets = inspect::per_cpu_offsets(possible);
  std::vector<inspect::Range> ranges;  // pointers × possible CPUs
  for (const Pointer& pointer : pointers)
    for (const std::uint64_t offset : offsets)
      ranges.push_back(
          {.address = pointer.value + offset + pointer.place.offset, .size = pointer.place.size});
  inspect::MemoryReader reader(ranges);
  reader.read();

  const inspect::Decoding decoding{.addresses = arguments.addresses};
  Json variables = Json::array();
  for (std::size_t i = 0; i < pointers.size(); ++i) {
    const Pointer& pointer = pointers[i];
    const auto copy = [&](std::uint32_t cpu) {
      const auto place = std::lower_bound(possible.begin(), possible.end(), cpu);
      return reader.copy(i * possible.size() + static_cast<std::size_t>(place - possible.begin()));
    };
    Json variable{
        {"name", pointer.name},
        {"module", pointer.module},
        {"path", pointer.place.path},
        {"type", pointer.btf->spell(pointer.place.type)},
        {"size", pointer.place.size},
        {"values", values_document(*pointer.btf, pointer.place, pointer.cpus, decoding, copy)}};
    if (arguments.addresses) variable["pointer"] = hexadecimal(pointer.value);
    variables.push_back(std::move(variable));
  }
  const Json document{{"method", inspect::to_string(inspect::Method::generic)},
                      {"variables", std::move(variables)}};
  session.print(document, [&](const Json& reading, Numbers numbers) {
    return arguments.flat ? render_flat(reading) : render_reading(reading, numbers);
  });
  return ExitCode::ok;
}

}  // namespace

void add_var_ptr(const Command& parent, Session& session) {
  const Command command = parent.add(
      "ptr",
      "What a dynamic __percpu pointer points to on each CPU, as the type that you name:\n"
      "SYMBOL=TYPE[.field]...[:cpus] for a variable that holds the pointer, 0xADDRESS=TYPE for\n"
      "the pointer itself. BTF does not tell which pointers are __percpu.");
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
