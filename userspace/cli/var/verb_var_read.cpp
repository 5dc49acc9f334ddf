// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu var read: what variables hold on each CPU, now.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/documents.hpp"
#include "cli/var/reading.hpp"
#include "cli/var/var_selection.hpp"
#include "cli/verbs.hpp"
#include "inspect/kernel/cpus.hpp"

namespace percpu_scope::cli {
namespace {

struct ReadArguments {
  std::vector<std::string> variables;
  std::string module;
  std::string method = "automatic";
  bool all = false;
  bool flat = false;
  bool addresses = false;
};

std::vector<Chosen> chosen_by(const inspect::Catalogue& catalogue, const ReadArguments& arguments) {
  const std::vector<std::uint32_t> possible = inspect::possible_cpus();
  if (arguments.all) return all_variables(catalogue, arguments.module, possible);
  return choose_variables(catalogue, arguments.variables, arguments.module, possible);
}

ExitCode run_read(const Session& session, const ReadArguments& arguments) {
  if (arguments.all != arguments.variables.empty())
    throw UsageError("name variables, or give --all for every one");
  const inspect::Catalogue catalogue = inspect::Catalogue::load();
  const std::vector<Chosen> chosen = chosen_by(catalogue, arguments);
  const std::vector<std::uint32_t> cpus = cpus_of(chosen);
  const auto reader = read_chosen(catalogue, chosen, cpus, parse_method(arguments.method));
  reader->read();
  const inspect::Decoding decoding{.addresses = arguments.addresses};
  Json variables = Json::array();
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const Chosen& one = chosen[i];
    const auto copy = [&](std::uint32_t cpu) {
      const auto place = std::lower_bound(cpus.begin(), cpus.end(), cpu);
      return reader->copy(i, static_cast<std::size_t>(place - cpus.begin()));
    };
    variables.push_back(reading_document(named(one), one.cpus, decoding, copy,
                                         [&] { return reader->why_unread(i); }));
  }
  if (arguments.addresses) {
    std::vector<const inspect::Variable*> wanted;
    wanted.reserve(chosen.size());
    for (const Chosen& one : chosen) wanted.push_back(one.variable);
    const auto addresses = kernel_addresses(catalogue, wanted);
    for (std::size_t i = 0; i < chosen.size(); ++i)
      variables[i]["address"] =
          addresses[i] ? Json(hexadecimal(*addresses[i] + chosen[i].place.offset)) : Json();
  }
  const bool whole = print_reading(
      session, reader->method(), std::move(variables), arguments.flat,
      arguments.all && arguments.module.empty() ? unseen_modules(catalogue) : Notes{});
  // Of all there are, some always hide; what was named is missed.
  return whole || arguments.all ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_var_read(const Command& parent, Session& session) {
  const Command command = parent.add(
      "read",
      "What variables hold on each CPU: VAR[.field|[index]]...[:cpus], as in\n"
      "kernel_cpustat.cpustat[3]:0,2-3 and module::variable. No snapshot: an aligned u64 comes\n"
      "whole, what is larger may change while it is read.");
  const auto arguments = std::make_shared<ReadArguments>();
  command.words("variable", arguments->variables, "variables, their parts and CPUs");
  command.flag("--all", arguments->all, "every variable");
  command.option("--module", arguments->module, "of this module; vmlinux: the kernel itself");
  command.choice("--method", arguments->method, {"automatic", "generic", "typed"},
                 "how to read: probe reads by address, or pointers that BPF knows the type of");
  command.flag("--flat", arguments->flat, "lines variable.field:cpu=value instead of a table");
  command.flag("--addr", arguments->addresses, "show pointers and addresses");
  command.on_run(session, [&session, arguments] { return run_read(session, *arguments); });
}

}  // namespace percpu_scope::cli
