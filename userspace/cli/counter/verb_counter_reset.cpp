// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu counter reset: zero counters on all CPUs.
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

void add_counter_reset(const Command& parent, Session& session) {
  const Command command = parent.add("reset", "Zero counters on all possible CPUs");
  const auto names = std::make_shared<std::vector<std::string>>();
  const auto all = std::make_shared<bool>(false);
  command.option("counter", *names, "their names");
  command.flag("--all", *all, "every counter");
  command.on_run(session, [&session, names, all] {
    if (names->empty() != *all) throw UsageError("name counters to reset, or give --all");
    const Device device = session.open(Access::read_write);
    Json done = Json::array();
    for (const Counter& counter : choose_counters(device.counters(), *names)) {
      device.reset(counter.id);
      done.push_back(counter.name);
    }
    session.print(Json{{"reset", std::move(done)}}, render_list);
    return ExitCode::ok;
  });
}

}  // namespace percpu_scope::cli
