// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu control list: the controls, where each must fail, and whether it must here.
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/proof/control_documents.hpp"
#include "cli/proof/this_machine.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

std::string render_control_list(const Json& controls, Numbers numbers) {
  static const std::array columns{Column{"number", "#"},
                                  Column{"name", "control"},
                                  Column{"mistake"},
                                  Column{"where", "must fail"},
                                  Column{"caught_by", "caught by"},
                                  Column{"means"},
                                  Column{"expected"},
                                  Column{"source"},
                                  Column{"here"}};
  return render_table(controls, columns, numbers);
}

}  // namespace

void add_control_list(const Command& parent, Session& session) {
  const Command command =
      parent.add("list", "Mistakes, where and how often they show, and whether they must here");
  command.on_run(session, [&session] {
    const Machine machine = this_machine(session.open(Access::read_only));
    Json controls = Json::array();
    for (const ControlScenario& scenario : control_scenarios())
      controls.push_back(scenario_document(scenario, machine));
    session.print_list("controls", std::move(controls), render_control_list);
    return ExitCode::ok;
  });
}

}  // namespace percpu_scope::cli
