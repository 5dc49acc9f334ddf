// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu doctor: what works here, what not, and what to do.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/doctor/diagnosis.hpp"
#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

// By the names that the objects have on the command line.
constexpr const char* counters = "counters";
constexpr const char* variables = "var";

Half half_of(const std::string& word) {
  if (word == counters) return Half::counters;
  return word == variables ? Half::variables : Half::both;
}

}  // namespace

void add_doctor(const Command& parent, Session& session) {
  const Command command = parent.add(
      "doctor",
      "What works on this kernel, what not, and the remedy; 1 if counters or variables do not.\n"
      "pcpu doctor var asks about variables alone, which need no module, and pcpu doctor counters\n"
      "about the module's counters.");
  const auto half = std::make_shared<std::string>();
  command.choice("what", *half, {counters, variables}, "judge this alone; default: both");
  command.on_run(session, [&session, half] {
    Json document = diagnose(gather_doctor_facts(session.options().device), half_of(*half));
    const bool good = document.at("good").get<bool>();
    session.print(document, render_diagnosis);
    return good ? ExitCode::ok : ExitCode::failed;
  });
}

}  // namespace percpu_scope::cli
