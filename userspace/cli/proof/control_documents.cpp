// SPDX-License-Identifier: GPL-2.0-only
//
// What was seen, in the words of each way to be caught.
#include "cli/proof/control_documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

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
    case Catch::counted_twice:
      return fmt::format("{} of {} updates counted twice ({:.1f} %)", -numbers.lost, numbers.issued,
                         percent(-numbers.lost, numbers.issued));
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
    case Catch::backward:
      return fmt::format("{} of {} readings went back ({:.3f} %)", numbers.backward, numbers.reads,
                         percent(static_cast<std::int64_t>(numbers.backward), numbers.reads));
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
  return Json{{"issued", numbers.issued},
              {"interfering", numbers.interfering},
              {"injected", numbers.injected},
              {"lost", numbers.lost},
              {"reads", numbers.reads},
              {"torn", numbers.torn},
              {"backward", numbers.backward},
              {"starved", numbers.starved},
              {"open_sections", numbers.open_sections},
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

}  // namespace percpu_scope::cli
