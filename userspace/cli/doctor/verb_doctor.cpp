// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu doctor: what works here, what not, and what to do.
#include <nlohmann/json.hpp>

#include "cli/doctor/doctor.hpp"
#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {

void add_doctor(const Command& parent, Session& session) {
  const Command command = parent.add(
      "doctor",
      "What works on this kernel, what not, and the remedy; 1 if counters or variables do not");
  command.on_run(session, [&session] {
    const Json document = judge(gather_doctor_facts(session.options().device));
    session.print(document, render_doctor);
    return document.at("good").get<bool>() ? ExitCode::ok : ExitCode::failed;
  });
}

}  // namespace percpu_scope::cli
