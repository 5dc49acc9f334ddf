// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu report: everything, proven, within seconds.
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "cli/frame/command_line.hpp"
#include "cli/frame/document.hpp"
#include "cli/frame/progress.hpp"
#include "cli/frame/session.hpp"
#include "cli/proof/report.hpp"
#include "cli/proof/report_text.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

struct ReportArguments {
  std::string accelerator;
  std::string save;
};

void save(Json report, const std::string& path) {
  std::ofstream file(path);
  stamp(report, {});
  file << serialize(report, Layout::compact);
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

ExitCode run_report(const Session& session, const ReportArguments& arguments) {
  const Device device = session.open(Access::read_write);
  ProgressLine line("report");
  Json report =
      gather_report(device, {.accelerator = arguments.accelerator,
                             .progress = [&line](std::string_view what) { line.show(what); }});
  line.clear();
  if (!arguments.save.empty()) save(report, arguments.save);
  const bool pass = is_pass(report);
  session.print(report, render_report);
  return pass ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_report(const Command& parent, Session& session) {
  const Command command = parent.add(
      "report", "Offsets, identity, counters, hammer, tear checks and a verdict. Zeroes counters.");
  const auto arguments = std::make_shared<ReportArguments>();
  command.option("--accelerator", arguments->accelerator,
                 "what the machine runs on, for the report: a guest cannot know");
  command.file("--save", arguments->save,
               "write the report's JSON to this file, too, whatever is printed");
  command.on_run(session, [&session, arguments] { return run_report(session, *arguments); });
}

}  // namespace percpu_scope::cli
