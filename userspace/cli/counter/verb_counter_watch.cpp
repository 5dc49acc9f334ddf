// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu counter watch: a live table with rates.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/frame/ticks.hpp"
#include "cli/module/render.hpp"
#include "cli/module/results.hpp"
#include "cli/module/selection.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

struct WatchArguments {
  std::vector<std::string> names;
  std::uint32_t interval_ms = 1000;
  std::uint64_t ticks = 0;
};

ExitCode run_watch(const Session& session, const WatchArguments& arguments) {
  check_interval(arguments.interval_ms);
  const Device device = session.open(Access::read_only);
  const std::vector<Counter> counters = choose_counters(device.counters(), arguments.names);
  const std::vector<CounterId> ids = ids_of(counters);
  return run_watch<Snapshot>(
      session, {.interval_ms = arguments.interval_ms,
                .count = arguments.ticks,
                .read = [&](Snapshot& snapshot) { device.snapshot(ids, snapshot); },
                .document =
                    [&](Json& document, const Snapshot& before, const Snapshot& after,
                        std::chrono::nanoseconds interval, std::chrono::nanoseconds since_start) {
                      document = watch_document(counters, before, after, interval, since_start);
                    },
                .render = render_watch});
}

}  // namespace

void add_counter_watch(const Command& parent, Session& session) {
  const Command command =
      parent.add("watch", "Sums and rates, again and again; with -j a line of JSON each time");
  const auto arguments = std::make_shared<WatchArguments>();
  command.option("counter", arguments->names, "their names; all if none is named");
  command.option("-I,--interval", arguments->interval_ms, "milliseconds between two looks");
  command.option("-c,--count", arguments->ticks, "looks; 0: until interrupted");
  command.on_run(session, [&session, arguments] { return run_watch(session, *arguments); });
}

}  // namespace percpu_scope::cli
