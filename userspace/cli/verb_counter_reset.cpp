// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu counter reset: zero counters on all CPUs.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/documents.hpp"
#include "cli/selection.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {

void add_counter_reset(CLI::App& parent, Session& session) {
  CLI::App* command = parent.add_subcommand("reset", "Zero counters on all possible CPUs");
  const auto names = std::make_shared<std::vector<std::string>>();
  const auto all = std::make_shared<bool>(false);
  CLI::Option* name = command->add_option("name", *names, "counters");
  CLI::Option* every = command->add_flag("--all", *all, "every counter")->excludes(name);
  name->excludes(every);
  command->callback([&session, names, all] {
    if (names->empty() && !*all) throw UsageError("name counters to reset, or give --all");
    session.on_run([&session, names] {
      const Device device = session.open(Access::read_write);
      Json done = Json::array();
      for (const Counter& counter : choose_counters(device.counters(), *names)) {
        device.reset(counter.id);
        done.push_back(counter.name);
      }
      session.print(Json{{"reset", std::move(done)}}, render_list);
      return ExitCode::ok;
    });
  });
}

}  // namespace percpu_scope::cli
