// SPDX-License-Identifier: GPL-2.0-only
//
// Documents and texts of controls, torture and promises.
#include "cli/proof/proofs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/module/documents.hpp"

namespace percpu_scope::cli {
namespace {

double percent(std::int64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole) * 100;
}

// What was seen, in the terms in which the control is caught.
std::string observed(Catch caught_by, Means means, const ControlNumbers& numbers) {
  switch (caught_by) {
    case Catch::lost:
      if (means == Means::injected)
        return fmt::format("lost {} of {} injected ({:.1f} %)", numbers.lost, numbers.injected,
                           percent(numbers.lost, numbers.injected));
      if (numbers.interfering > 0)
        return fmt::format("lost {} of {} interruptions ({:.1f} %), {} updates", numbers.lost,
                           numbers.interfering, percent(numbers.lost, numbers.interfering),
                           numbers.issued);
      return fmt::format("lost {} of {} updates ({:.1f} %)", numbers.lost, numbers.issued,
                         percent(numbers.lost, numbers.issued));
    case Catch::torn:
      return fmt::format("{} of {} readings torn ({:.3f} %)", numbers.torn, numbers.reads,
                         percent(static_cast<std::int64_t>(numbers.torn), numbers.reads));
    case Catch::torn_or_lost:
      if (numbers.stuck)
        return fmt::format("{} of {} readings torn; then the sequence stuck, and none gets through",
                           numbers.torn, numbers.reads);
      return fmt::format("{} of {} readings torn, lost {} of {} updates ({:.1f} %)", numbers.torn,
                         numbers.reads, numbers.lost, numbers.issued,
                         percent(numbers.lost, numbers.issued));
    case Catch::open_sections:
      return fmt::format(
          "{} of {} interruptions in an open section ({:.1f} %)", numbers.open_sections,
          numbers.interfering,
          percent(static_cast<std::int64_t>(numbers.open_sections), numbers.interfering));
    case Catch::online_only:
      return fmt::format("online sum lacks {} of {} updates ({:.1f} %)", numbers.lost,
                         numbers.issued, percent(numbers.lost, numbers.issued));
  }
  return {};
}

Json numbers_document(const ControlNumbers& numbers) {
  return Json{{"issued", numbers.issued},     {"interfering", numbers.interfering},
              {"injected", numbers.injected}, {"lost", numbers.lost},
              {"reads", numbers.reads},       {"torn", numbers.torn},
              {"starved", numbers.starved},   {"open_sections", numbers.open_sections},
              {"stuck", numbers.stuck}};
}

Json description(const ControlScenario& scenario) {
  return Json{{"number", scenario.number},
              {"name", scenario.name},
              {"mistake", scenario.mistake},
              {"idiom", scenario.idiom},
              {"where", scenario.where},
              {"caught_by", to_string(scenario.caught_by)},
              {"means", to_string(scenario.means)},
              {"expected", scenario.rate},
              {"source", to_string(scenario.source)}};
}

std::string_view spell(Promise promise) {
  switch (promise) {
    case Promise::kept:
      return "promised";
    case Promise::lossy:
      return "not promised";
    case Promise::refused:
      return "refused";
  }
  return "?";
}

// In a table cell; '|' would end it.
std::string escaped(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '|') escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

}  // namespace

Json scenario_document(const ControlScenario& scenario, const Machine& machine) {
  Json document = description(scenario);
  const std::string why = why_not_applicable(scenario, machine);
  document["here"] = why.empty() ? "must be caught" : why;
  document["applicable"] = why.empty();
  return document;
}

Json control_document(const ControlScenario& scenario, const ControlResult& result) {
  Json document = description(scenario);
  const bool ran = result.outcome != Outcome::not_applicable;
  document["outcome"] = to_string(result.outcome);
  document["good"] = is_good(result.outcome);
  document["observed"] =
      ran ? observed(scenario.caught_by, scenario.means, result.numbers) : result.why;
  document["attempts"] = result.attempts;
  document["numbers"] = ran ? numbers_document(result.numbers) : Json();
  document["right_way"] = Json();
  if (result.right_way)
    document["right_way"] =
        Json{{"idiom", scenario.right_way},
             {"observed", observed(scenario.caught_by, Means::genuine, *result.right_way)},
             {"numbers", numbers_document(*result.right_way)}};
  document["elapsed_ns"] = result.elapsed.count();
  return document;
}

std::string failure_of_control(const Json& control) {
  if (control.at("good").get<bool>()) return {};
  return fmt::format("control {}: {}", control.at("name").get<std::string>(),
                     control.at("outcome").get<std::string>());
}

Json controls_document(Json controls, std::size_t wanted, bool interrupted) {
  const bool good = controls.size() == wanted &&
                    std::all_of(controls.begin(), controls.end(), [](const Json& control) {
                      return failure_of_control(control).empty();
                    });
  return Json{{"controls", std::move(controls)}, {"good", good}, {"interrupted", interrupted}};
}

std::string render_control_table(const Json& controls, Numbers numbers) {
  static const std::array columns{Column{"number", "#"},
                                  Column{"name", "control"},
                                  Column{"where", "must fail"},
                                  Column{"expected"},
                                  Column{"outcome"},
                                  Column{"means"},
                                  Column{"observed"},
                                  Column{"beside", "the right way beside it"}};
  Json rows = Json::array();
  for (const Json& control : controls) {
    Json row = control;
    const Json& right = control.at("right_way");
    row["beside"] = right.is_null() ? Json()
                                    : Json(right.at("idiom").get<std::string>() + ": " +
                                           right.at("observed").get<std::string>());
    rows.push_back(std::move(row));
  }
  return render_table(rows, columns, numbers);
}

std::string describe_controls(const Json& controls) {
  std::size_t caught = 0;
  std::size_t elsewhere = 0;
  for (const Json& control : controls) {
    caught += control.at("outcome") == to_string(Outcome::caught) ? 1 : 0;
    elsewhere += control.at("outcome") == to_string(Outcome::not_applicable) ? 1 : 0;
  }
  return fmt::format("{} caught, {} not applicable here, {} not as it must be", caught, elsewhere,
                     controls.size() - caught - elsewhere);
}

std::string render_controls(const Json& document, Numbers numbers) {
  const Json& controls = document.at("controls");
  return render_control_table(controls, numbers) +
         fmt::format("{}{}\n", document.at("good").get<bool>() ? "" : "INCONCLUSIVE: ",
                     describe_controls(controls));
}

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

Promise promise_of(const Idiom& idiom, Context context, const Info& info) {
  switch (expectation_of(idiom, {Context::task, context}, generatable_contexts(info))) {
    case Expectation::conserved:
      return Promise::kept;
    case Expectation::finding:
      return Promise::lossy;
    case Expectation::refused:
      break;
  }
  return Promise::refused;
}

Json promise_rows(std::span<const Idiom> idioms, const Info& info) {
  const ContextSet generatable = generatable_contexts(info);
  Json rows = Json::array();
  for (const Idiom& idiom : idioms) {
    Json row{{"idiom", idiom.name}, {"call", idiom.call}, {"control", idiom.is_control()}};
    for (const Context context : all_contexts)
      row[std::string(to_string(context))] =
          generatable.contains(context) ? Json(spell(promise_of(idiom, context, info))) : Json();
    row["untorn"] = idiom.is_untorn();
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string render_promises(const Json& document) {
  std::string text = "| idiom | the kernel's API |";
  std::string rule = "|---|---|";
  for (const Context context : all_contexts) {
    text += fmt::format(" {} |", to_string(context));
    rule += ":-:|";
  }
  text += " read untorn |\n" + rule + ":-:|\n";
  const auto mark = [](const Json& promise) -> std::string_view {
    if (promise.is_null()) return " ";
    if (promise == spell(Promise::kept)) return "✓";
    return promise == spell(Promise::lossy) ? "–" : "✗";
  };
  for (const Json& row : document.at("rows")) {
    if (row.at("control").get<bool>()) continue;
    text += fmt::format("| `{}` | `{}` |", row.at("idiom").get<std::string>(),
                        escaped(row.at("call").get<std::string>()));
    for (const Context context : all_contexts)
      text += fmt::format(" {} |", mark(row.at(std::string(to_string(context)))));
    text += fmt::format(" {} |\n", row.at("untorn").get<bool>() ? "✓" : "–");
  }
  return text + fmt::format(
                    "\n{}, Linux {}. Updates from tasks and from the context on the same copy: "
                    "✓ none is lost, promised; – not promised, may lose; ✗ refused, it would "
                    "hang or wait. Read untorn: by another CPU, no half-written value.\n",
                    document.at("machine").get<std::string>(),
                    document.at("kernel").get<std::string>());
}

}  // namespace percpu_scope::cli
