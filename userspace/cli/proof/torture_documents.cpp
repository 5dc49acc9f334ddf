// SPDX-License-Identifier: GPL-2.0-only
#include "cli/proof/torture_documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/module/documents.hpp"

namespace percpu_scope::cli {

Json totals_document(const TortureTotals& totals) {
  return Json{{"jobs", totals.jobs},
              {"updates", totals.updates()},
              {"tally", document_of(totals.tally)},
              {"interrupts", totals.interrupts()},
              {"nmis", totals.nmis()},
              {"reads", totals.reads},
              {"starved", totals.starved},
              {"snapshots", totals.snapshots},
              {"creates", totals.creates},
              {"destroys", totals.destroys},
              {"resets", totals.resets},
              {"hotplug_cycles", totals.hotplug_cycles},
              {"checks_at_rest", totals.checks},
              {"refused", totals.refused},
              {"findings", totals.findings},
              {"lossy_findings", totals.lossy},
              {"busy", totals.busy}};
}

Json torture_document(const TortureResult& result) {
  Json failures = Json::array();
  for (const TortureFailure& failure : result.failures)
    failures.push_back({{"message", failure.message}, {"replay", failure.replay}});
  return Json{{"good", result.good()},
              {"seed", result.seed},
              {"workers", result.workers},
              {"interrupted", result.interrupted},
              {"elapsed_ns", result.elapsed.count()},
              {"totals", totals_document(result.totals)},
              {"failures", std::move(failures)}};
}

std::string describe_progress(const TortureTotals& totals, std::chrono::nanoseconds elapsed) {
  return fmt::format(
      "{:.0f} s: {} jobs, {} updates, {} interrupts, {} NMIs, {} reads{}",
      std::chrono::duration<double>(elapsed).count(), totals.jobs, format_human(totals.updates()),
      format_human(totals.interrupts()), format_human(totals.nmis()), format_human(totals.reads),
      totals.hotplug_cycles == 0 ? "" : fmt::format(", {} hotplug cycles", totals.hotplug_cycles));
}

std::string render_torture(const Json& document, Numbers numbers) {
  std::string text;
  Json rows = Json::array();
  const Json& totals = document.at("totals");
  for (const auto& [key, value] : totals.at("tally").items())
    rows.push_back({{"what", "updates in " + key}, {"total", value}});
  for (const auto& [key, value] : totals.items()) {
    if (value.is_object() || key == "interrupts" || key == "nmis") continue;
    std::string what = key;
    std::replace(what.begin(), what.end(), '_', ' ');
    rows.push_back({{"what", what}, {"total", value}});
  }
  static const std::array columns{Column{"what"}, Column{"total", {}, true}};
  text += render_table(rows, columns, numbers);
  for (const Json& failure : document.at("failures"))
    text += fmt::format("failure: {}\n  replay: {}\n", failure.at("message").get<std::string>(),
                        failure.at("replay").get<std::string>());
  const auto number = [&](const char* key) { return totals.at(key).get<std::uint64_t>(); };
  return text + fmt::format(
                    "pcpu-torture: {}: seed {}, {} workers, {:.1f} s{}: {} jobs, {} updates, "
                    "{} interrupts, {} NMIs, {} reads, {} hotplug cycles, {} failures\n",
                    document.at("good").get<bool>() ? "SUCCESS" : "FAILURE",
                    document.at("seed").get<std::uint64_t>(),
                    document.at("workers").get<std::uint64_t>(),
                    static_cast<double>(document.at("elapsed_ns").get<std::int64_t>()) / 1e9,
                    document.at("interrupted").get<bool>() ? ", interrupted" : "", number("jobs"),
                    number("updates"), number("interrupts"), number("nmis"), number("reads"),
                    number("hotplug_cycles"), document.at("failures").size());
}

}  // namespace percpu_scope::cli
