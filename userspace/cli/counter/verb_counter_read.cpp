// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu counter read: values of each field on each possible CPU.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/documents.hpp"
#include "cli/module/render.hpp"
#include "cli/module/selection.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {

void add_counter_read(const Command& parent, Session& session) {
  const Command command =
      parent.add("read", "Values per possible CPU, and their sum, in one snapshot");
  const auto names = std::make_shared<std::vector<std::string>>();
  command.option("counter", *names, "their names; all if none is named");
  command.on_run(session, [&session, names] {
    const Device device = session.open(Access::read_only);
    const std::vector<Counter> counters = choose_counters(device.counters(), *names);
    const std::vector<Cpu> cpus = device.cpus();
    const Snapshot snapshot = device.snapshot(ids_of(counters));
    Json list = Json::array();
    for (const Counter& counter : counters)
      list.push_back(values_document(counter, snapshot.record(counter.id), cpus));
    session.print_list("counters", std::move(list), render_values);
    return ExitCode::ok;
  });
}

}  // namespace percpu_scope::cli
