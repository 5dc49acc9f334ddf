// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu counter reset: zero counters on all CPUs, or have them start from somewhere else.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/documents.hpp"
#include "cli/module/selection.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

struct ResetArguments {
  std::vector<std::string> names;
  bool all = false;
  std::string start = "0";
  bool pattern = false;
};

ExitCode run_reset(const Session& session, const ResetArguments& arguments) {
  if (arguments.names.empty() != arguments.all)
    throw UsageError("name counters to reset, or give --all");
  const std::uint64_t start = parse_start(arguments.start);
  const Device device = session.open(Access::read_write);
  Json done = Json::array();
  for (const Counter& counter : choose_counters(device.counters(), arguments.names)) {
    device.reset(counter.id, start, arguments.pattern);
    done.push_back(counter.name);
  }
  session.print(Json{{"reset", std::move(done)}, {"start", start}, {"pattern", arguments.pattern}},
                render_list);
  return ExitCode::ok;
}

}  // namespace

void add_counter_reset(const Command& parent, Session& session) {
  const Command command =
      parent.add("reset", "Zero counters on all possible CPUs, or have them start elsewhere");
  const auto arguments = std::make_shared<ResetArguments>();
  command.option("counter", arguments->names, "their names");
  command.flag("--all", arguments->all, "every counter");
  command.option("--start", arguments->start,
                 "as if so many updates had been made to every copy; may be negative, or\n"
                 "hexadecimal after 0x: just below a wrap is -1 or 0xffffffff");
  command.flag("--pattern", arguments->pattern,
               "start as idioms that write patterns would have left it, not those that sum");
  command.on_run(session, [&session, arguments] { return run_reset(session, *arguments); });
}

}  // namespace percpu_scope::cli
