// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu counter destroy: dynamic counters, by name.
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

void add_counter_destroy(const Command& parent, Session& session) {
  const Command command = parent.add("destroy", "Destroy dynamic counters");
  const auto names = std::make_shared<std::vector<std::string>>();
  command.option("counter", *names, "their names", Presence::required);
  command.on_run(session, [&session, names] {
    const Device device = session.open(Access::read_write);
    // All names are looked up before the first counter goes.
    for (const Counter& counter : choose_counters(device.counters(), *names))
      device.destroy(counter.id);
    session.print(Json{{"destroyed", *names}}, render_list);
    return ExitCode::ok;
  });
}

}  // namespace percpu_scope::cli
