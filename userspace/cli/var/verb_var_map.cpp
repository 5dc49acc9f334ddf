// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu var map: the per-CPU section of the kernel or of a module.
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/var/layout.hpp"
#include "cli/var/var_selection.hpp"
#include "cli/verbs.hpp"
#include "inspect/catalogue/catalogue.hpp"
#include "inspect/error.hpp"
#include "inspect/kernel/addresses.hpp"
#include "inspect/kernel/cpus.hpp"
#include "inspect/kernel/symbols.hpp"
#include "inspect/read/offsets.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

struct MapArguments {
  std::string module{inspect::kernel_name};
  bool lines = false;
  bool holes = false;
  bool addresses = false;
};

MapView map_view_of(const MapArguments& arguments) {
  if (arguments.lines && arguments.holes)
    throw UsageError("--lines and --holes exclude each other");
  if (arguments.lines) return MapView::lines;
  return arguments.holes ? MapView::holes : MapView::whole;
}

std::uint64_t cache_line_size() {
  constexpr std::uint64_t usual = 64;  // where the machine does not tell
  const long size = ::sysconf(_SC_LEVEL1_DCACHE_LINESIZE);
  return size > 0 ? static_cast<std::uint64_t>(size) : usual;
}

// The borders of the kernel's section, and the modules', from one variable of each.
void add_symbols(MapFacts& facts, const inspect::Catalogue& catalogue) {
  const std::string kernel(inspect::kernel_name);
  const inspect::SymbolName start{kernel, "__per_cpu_start"};
  const inspect::SymbolName end{kernel, "__per_cpu_end"};
  std::vector<const inspect::Variable*> firsts;  // of each module
  std::vector<std::uint64_t> sizes;
  for (const inspect::Variable& variable : catalogue.variables()) {
    if (variable.module == kernel) continue;
    if (firsts.empty() || firsts.back()->module != variable.module) {
      firsts.push_back(&variable);
      sizes.push_back(0);
    }
    sizes.back() = variable.offset + variable.size;
  }
  std::vector<inspect::SymbolName> names = inspect::symbols_for(catalogue, firsts);
  const inspect::SymbolName hot_start{kernel, "__per_cpu_hot_start"};
  const inspect::SymbolName hot_end{kernel, "__per_cpu_hot_end"};
  names.insert(names.end(), {start, end, hot_start, hot_end});
  const inspect::Symbols symbols = inspect::Symbols::load(names);
  facts.start = symbols.find(start);
  facts.end = symbols.find(end);
  facts.hot_start = symbols.find(hot_start);
  facts.hot_end = symbols.find(hot_end);
  const auto addresses = inspect::addresses_of(catalogue, firsts, symbols);
  for (std::size_t i = 0; i < firsts.size(); ++i)
    if (addresses[i])
      facts.modules.push_back({.module = firsts[i]->module,
                               .base = *addresses[i] - firsts[i]->offset,
                               .size = sizes[i]});
}

void add_areas(MapFacts& facts) {
  const std::vector<std::uint32_t> cpus = inspect::possible_cpus();
  const std::vector<std::uint64_t> offsets = inspect::per_cpu_offsets(cpus);
  for (std::size_t i = 0; i < cpus.size(); ++i)
    facts.areas.push_back(
        {.cpu = cpus[i], .node = inspect::node_of(cpus[i]), .offset = offsets[i]});
}

MapFacts gather(const inspect::Catalogue& catalogue, const std::string& module) {
  catalogue.require_module(module);
  catalogue.require_variables();
  MapFacts facts;
  facts.module = module;
  facts.line_size = cache_line_size();
  for (const inspect::Variable& variable : catalogue.variables())
    if (variable.module == module)
      facts.extents.push_back({variable.name, variable.offset, variable.size});
  if (facts.extents.empty())
    throw UnknownNameError("module with per-CPU variables", module, modules_of(catalogue));
  // Neither is needed for the section itself, which anyone may see.
  try {
    add_symbols(facts, catalogue);
  } catch (const inspect::InspectError& error) {
    if (error.problem() != inspect::Problem::hidden_symbols) throw;
  }
  try {
    add_areas(facts);
  } catch (const inspect::InspectError& error) {
    facts.no_areas = error.what();
  }
  return facts;
}

}  // namespace

void add_var_map(const Command& parent, Session& session) {
  const Command command = parent.add(
      "map",
      "The per-CPU section: bytes, holes, cache lines that variables share, variables that\n"
      "straddle two, the areas that hold a copy of it for each CPU, and who lies where.");
  const auto arguments = std::make_shared<MapArguments>();
  command.option("--module", arguments->module, "whose section; vmlinux: the kernel's");
  command.flag("--lines", arguments->lines, "the cache lines that two or more variables share");
  command.flag("--holes", arguments->holes, "the bytes that no variable covers");
  command.flag("--addr", arguments->addresses, "raw offsets of the areas, too");
  command.on_run(session, [&session, arguments] {
    const MapView view = map_view_of(*arguments);
    const MapFacts facts = gather(inspect::Catalogue::load(), arguments->module);
    session.print(map_document(facts, arguments->addresses),
                  [view](const Json& document, Numbers numbers) {
                    return render_map(document, view, numbers);
                  });
    return ExitCode::ok;
  });
}

}  // namespace percpu_scope::cli
