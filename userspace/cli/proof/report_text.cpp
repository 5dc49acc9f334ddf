// SPDX-License-Identifier: GPL-2.0-only
//
// Sections of headings and tables.
#include "cli/proof/report_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/module/render.hpp"
#include "cli/proof/control_documents.hpp"
#include "cli/proof/report.hpp"

namespace percpu_scope::cli {
namespace {

std::string heading(std::string_view title) {
  return fmt::format("\n{}\n{:-<{}}\n", title, "", title.size());
}

std::string render_head(const Json& report) {
  const Json& cpus = report.at("cpus");
  return render_list(
      Json{{"kernel", report.at("kernel")},
           {"CPUs", fmt::format("{} possible, {} online", format_cell(cpus.at("possible")),
                                format_cell(cpus.at("online")))},
           {"accelerator",
            report.at("accelerator").is_null() ? Json("not told") : report.at("accelerator")},
           {"word size",
            fmt::format("{} bits, u64_stats_sync {}", format_cell(report.at("bits_per_long")),
                        report.at("bits_per_long") == 32 ? "is a seqcount" : "is empty")},
           {"features", report.at("features")}});
}

std::string render_offsets(const Json& report) {
  const Json& offsets = report.at("offsets");
  std::vector<Column> columns{{"cpu"}, {"node"}, {"online"}, {"delta"}};
  if (!offsets.empty() && offsets.front().contains("raw")) columns.push_back({"raw"});
  return heading("Offsets: per_cpu_offset(cpu), delta from the first possible CPU") +
         render_table(offsets, columns);
}

std::string render_identity(const Json& report) {
  Json rows = Json::array();
  for (const Json& counter : report.at("counters")) {
    if (counter.at("identity").is_null()) continue;
    Json row = counter.at("identity");
    row["counter"] = counter.at("name");
    row["found"] = row.at("holds").get<bool>() ? row.at("pointer") : row.at("pointers");
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return {};
  static const std::array columns{Column{"counter"}, Column{"holds", "same"},
                                  Column{"found", "address - offset"}};
  const bool raw = rows.front().at("checked") == "raw";
  return heading("Identity: address - offset is the same __percpu pointer on every CPU") +
         (raw ? "" : "(of deltas, which must be 0: raw addresses are not allowed)\n") +
         render_table(rows, columns);
}

std::string render_counters(const Json& report, Numbers numbers) {
  static const std::array columns{Column{"name"},    Column{"origin"}, Column{"variant"},
                                  Column{"storage"}, Column{"size"},   Column{"align"}};
  return heading("Counters") + render_table(report.at("counters"), columns) +
         heading("Values after hammering") + render_values(report.at("counters"), numbers);
}

std::string render_hammer_section(const Json& report, Numbers numbers) {
  return heading("Hammer: one pinned thread per CPU, issued against counted") +
         render_hammer_table(report.at("hammer"), numbers);
}

std::string render_verify_section(const Json& report, Numbers numbers) {
  const Json& checks = report.at("verify");
  std::string text = heading("Tearing: written on one CPU, read on another, halves compared");
  if (checks.empty()) return text + "not checked\n";
  text += render_tear_table(checks, numbers);
  for (const Json& check : checks) {
    if (!check.at("control").get<bool>()) continue;
    const bool must_tear = check.at("torn_must") == "show";
    text += fmt::format("control {}: {}\n", check.at("idiom").get<std::string>(),
                        must_tear ? "this kernel writes a u64 in two halves; without the seqcount "
                                    "torn readings must show"
                                  : "this kernel writes a u64 as a whole; 0 torn is right here "
                                    "without any seqcount");
  }
  return text;
}

std::string render_control_section(const Json& report, Numbers numbers) {
  const auto controls = report.find("controls");
  if (controls == report.end() || controls->empty()) return {};
  return heading("Controls: broken on purpose, and caught; pcpu control run has all of them") +
         render_control_table(*controls, numbers);
}

std::string render_verdict(const Json& report) {
  std::string text = "\n";
  for (const Json& note : report.at("notes"))
    text += fmt::format("note: {}\n", note.get<std::string>());
  for (const Json& failure : report.at("failures"))
    text += fmt::format("failure: {}\n", failure.get<std::string>());
  const Json& runs = report.at("hammer");
  const Json& checks = report.at("verify");
  const auto exact = std::count_if(runs.begin(), runs.end(),
                                   [](const Json& run) { return run.at("exact").get<bool>(); });
  const auto good = std::count_if(checks.begin(), checks.end(),
                                  [](const Json& check) { return check.at("good").get<bool>(); });
  return text +
         fmt::format("verdict: {}; {} of {} hammer runs exact, {} of {} tear checks as promised\n",
                     is_pass(report) ? "pass" : "TEST-FAILURE", exact, runs.size(), good,
                     checks.size());
}

}  // namespace

std::string render_report(const Json& report, Numbers numbers) {
  return render_head(report) + render_offsets(report) + render_identity(report) +
         render_counters(report, numbers) + render_hammer_section(report, numbers) +
         render_verify_section(report, numbers) + render_control_section(report, numbers) +
         render_verdict(report);
}

}  // namespace percpu_scope::cli
