// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu var watch: rates of variables per CPU, again and again.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/frame/ticks.hpp"
#include "cli/var/rates.hpp"
#include "cli/var/var_selection.hpp"
#include "cli/var/watched.hpp"
#include "cli/verbs.hpp"
#include "inspect/kernel/cpus.hpp"

namespace percpu_scope::cli {
namespace {

struct WatchArguments {
  std::vector<std::string> variables;
  std::string module;
  std::string method = "automatic";
  std::uint32_t interval_ms = 1000;
  std::uint64_t ticks = 0;
  bool sum = false;
  bool per_cpu = false;
  bool skew = false;
};

RateView rate_view_of(const WatchArguments& arguments) {
  if (arguments.sum + arguments.per_cpu + arguments.skew > 1)
    throw UsageError("--sum, --per-cpu and --skew exclude each other");
  if (arguments.sum) return RateView::sum;
  if (arguments.per_cpu) return RateView::per_cpu;
  return arguments.skew ? RateView::skew : RateView::all;
}

Watched make_watched(const inspect::Catalogue& catalogue, const WatchArguments& arguments) {
  std::vector<Chosen> chosen =
      choose_variables(catalogue, arguments.variables, arguments.module, inspect::possible_cpus());
  // Before their addresses are asked for: what goes between is missed then, not misread.
  inspect::LoadedModules modules;
  for (const Chosen& one : chosen) modules.add(one.variable->module);
  std::vector<std::uint32_t> cpus = cpus_of(chosen);
  auto reader = read_chosen(catalogue, chosen, cpus, parse_method(arguments.method));
  return {std::move(chosen), std::move(cpus), std::move(reader), std::move(modules)};
}

ExitCode run_watch(const Session& session, const WatchArguments& arguments) {
  check_interval(arguments.interval_ms);
  const RateView view = rate_view_of(arguments);
  const inspect::Catalogue catalogue = inspect::Catalogue::load();
  Watched watched = make_watched(catalogue, arguments);
  watched.expect_something();
  const ExitCode code = run_watch<Look>(
      session, {.interval_ms = arguments.interval_ms,
                .count = arguments.ticks,
                .read = [&](Look& look) { watched.look(look, inspect::online_cpus()); },
                .document =
                    [&](Json& document, const Look& before, const Look& after,
                        std::chrono::nanoseconds interval, std::chrono::nanoseconds since_start) {
                      update_rates(document, watched.tracks(), watched.cpus(), before, after,
                                   interval, since_start);
                    },
                .render = [&](const Json& document,
                              Numbers numbers) { return render_rates(document, view, numbers); }});
  // All of it was named, so what is missing was missed.
  return watched.has_missed() ? ExitCode::failed : code;
}

}  // namespace

void add_var_watch(const Command& parent, Session& session) {
  const Command command = parent.add(
      "watch",
      "What the numbers of variables gain per second, on each of their CPUs and in all; with -j\n"
      "a line of JSON each time. Differences are taken modulo the type's width: a number that\n"
      "decreases is no counter, or was reset. Mean and imbalance (max/mean) are over the CPUs\n"
      "that are online; the others still count in sums. What cannot be read has no value, and\n"
      "a note says why, as when its module has been unloaded.");
  const auto arguments = std::make_shared<WatchArguments>();
  command.words("variable", arguments->variables, "variables, their parts and CPUs",
                Presence::required);
  command.option("--module", arguments->module, "of this module; vmlinux: the kernel itself");
  command.choice("--method", arguments->method, {"automatic", "generic", "typed"},
                 "how to read; see var read");
  command.option("-I,--interval", arguments->interval_ms, "milliseconds between two looks");
  command.option("-c,--count", arguments->ticks, "looks; 0: until interrupted");
  command.flag("--sum", arguments->sum, "only the sums over the CPUs");
  command.flag("--per-cpu", arguments->per_cpu, "only the rate on each CPU");
  command.flag("--skew", arguments->skew,
               "only how uneven the online CPUs are: greatest rate over mean");
  command.on_run(session, [&session, arguments] { return run_watch(session, *arguments); });
}

}  // namespace percpu_scope::cli
