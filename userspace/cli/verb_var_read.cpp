// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu var read: what variables hold on each CPU, now.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/leaves.hpp"
#include "cli/session.hpp"
#include "cli/var_selection.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

struct Arguments {
  std::vector<std::string> variables;
  std::string module;
  std::string method = "automatic";
  bool all = false;
  bool flat = false;
  bool addresses = false;
};

std::vector<Chosen> choose(const inspect::Catalogue& catalogue, const Arguments& arguments) {
  const std::vector<std::uint32_t> possible = inspect::possible_cpus();
  if (arguments.all) return all_variables(catalogue, arguments.module, possible);
  return choose_variables(catalogue, arguments.variables, arguments.module, possible);
}

// What could not be read, for people: how much, and the first with its reason.
std::string describe_unread(const Json& variables) {
  std::size_t count = 0;
  std::string first;
  for (const Json& variable : variables) {
    if (!variable.contains("unread") || ++count > 1) continue;
    first = expression_of(variable) + ": " + variable.at("unread").get<std::string>();
  }
  if (count == 0) return {};
  return std::to_string(count) + " of " + std::to_string(variables.size()) +
         " could not be read on every CPU; " + first;
}

ExitCode run(const Session& session, const Arguments& arguments) {
  if (arguments.all != arguments.variables.empty())
    throw UsageError("name variables, or give --all for every one");
  const inspect::Catalogue catalogue = inspect::Catalogue::load();
  const std::vector<Chosen> chosen = choose(catalogue, arguments);
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
    variables.push_back(variable_document(
        one, values_document(*one.variable->btf, one.place, one.cpus, decoding, copy)));
    if (!std::all_of(one.cpus.begin(), one.cpus.end(),
                     [&](std::uint32_t cpu) { return copy(cpu).read; }))
      variables.back()["unread"] = reader->why_unread(i);
  }
  if (arguments.addresses) {
    std::vector<const inspect::Variable*> wanted;
    wanted.reserve(chosen.size());
    for (const Chosen& one : chosen) wanted.push_back(one.variable);
    const Json addresses = addresses_document(catalogue, wanted);
    for (std::size_t i = 0; i < chosen.size(); ++i) variables[i]["address"] = addresses[i];
  }
  const std::string unread = describe_unread(variables);
  const Json document{{"method", inspect::to_string(reader->method())},
                      {"variables", std::move(variables)}};
  session.print(document, [&](const Json& reading, Numbers numbers) {
    return arguments.flat ? render_flat(reading) : render_reading(reading, numbers);
  });
  if (unread.empty()) return ExitCode::ok;
  session.print_note(unread);
  // Of all there are, some always hide; what was named is missed.
  return arguments.all ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_var_read(const Command& parent, Session& session) {
  const Command command = parent.add(
      "read",
      "What variables hold on each CPU: VAR[.field|[index]]...[:cpus], as in\n"
      "kernel_cpustat.cpustat[3]:0,2-3 and module::variable. No snapshot: an aligned u64 comes\n"
      "whole, what is larger may change while it is read.");
  const auto arguments = std::make_shared<Arguments>();
  command.words("variable", arguments->variables, "variables, their parts and CPUs");
  command.flag("--all", arguments->all, "every variable");
  command.option("--module", arguments->module, "of this module; vmlinux: the kernel itself");
  command.choice("--method", arguments->method, {"automatic", "generic", "typed"},
                 "how to read: probe reads by address, or pointers that BPF knows the type of");
  command.flag("--flat", arguments->flat, "lines variable.field:cpu=value instead of a table");
  command.flag("--addr", arguments->addresses, "show pointers and addresses");
  command.on_run(session, [&session, arguments] { return run(session, *arguments); });
}

}  // namespace percpu_scope::cli
