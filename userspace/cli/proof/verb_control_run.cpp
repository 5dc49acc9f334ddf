// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu control run: controls, each of which must be caught where it can be.
#include <memory>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/interrupts.hpp"
#include "cli/frame/progress.hpp"
#include "cli/frame/session.hpp"
#include "cli/proof/control_documents.hpp"
#include "cli/proof/this_machine.hpp"
#include "cli/verbs.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

struct ControlsArguments {
  std::vector<std::string> names;
  std::uint32_t attempts = ControlBounds{}.attempts;
};

// By name, or all of a number.
std::vector<const ControlScenario*> scenarios_named(const std::vector<std::string>& names) {
  std::vector<const ControlScenario*> chosen;
  if (names.empty())
    for (const ControlScenario& scenario : control_scenarios()) chosen.push_back(&scenario);
  for (const std::string& name : names) {
    const std::size_t before = chosen.size();
    for (const ControlScenario& scenario : control_scenarios())
      if (name == std::to_string(scenario.number)) chosen.push_back(&scenario);
    if (chosen.size() == before) chosen.push_back(&find_scenario(name));
  }
  return chosen;
}

ExitCode run_controls(const Session& session, const ControlsArguments& arguments) {
  if (arguments.attempts == 0) throw UsageError("--attempts must be at least 1");
  const std::vector<const ControlScenario*> scenarios = scenarios_named(arguments.names);
  const Device device = session.open(Access::read_write);
  catch_interrupts(SecondSignal::ignored);
  std::stop_source stop;
  const std::jthread watcher([&stop](const std::stop_token& done) {
    while (!done.stop_requested() && !interrupted())
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (interrupted()) stop.request_stop();
  });
  ProgressLine line("control");
  const Machine machine = this_machine(device);

  Json controls = Json::array();
  for (const ControlScenario* scenario : scenarios) {
    if (interrupted()) break;
    line.show(scenario->name);
    controls.push_back(control_document(
        *scenario, run_control(device, *scenario, machine,
                               {.attempts = arguments.attempts, .stop = stop.get_token()})));
  }
  line.clear();
  Json document = controls_document(std::move(controls), scenarios.size(), interrupted());
  const bool good = document.at("good").get<bool>();
  session.print(document, render_controls);
  return good ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_control_run(const Command& parent, Session& session) {
  const Command command = parent.add(
      "run",
      "Run controls: caught, not applicable here and why, or INCONCLUSIVE, which fails.\n"
      "Zeroes the counters that they use; one takes a CPU offline and back.");
  const auto arguments = std::make_shared<ControlsArguments>();
  command.option("name", arguments->names, "names or numbers of controls; all if none is given");
  command.option("--attempts", arguments->attempts,
                 "each four times as long as the one before, until it is caught");
  command.on_run(session, [&session, arguments] { return run_controls(session, *arguments); });
}

}  // namespace percpu_scope::cli
