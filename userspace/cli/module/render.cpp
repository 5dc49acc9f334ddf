// SPDX-License-Identifier: GPL-2.0-only
//
// Which members of a document become which columns.
#include "cli/module/render.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/module/documents.hpp"
#include "cli/module/results.hpp"

namespace percpu_scope::cli {

std::string render_values(const Json& counters, Numbers numbers) {
  const Json rows = value_rows(counters);
  std::vector<Column> columns;
  if (!rows.empty())
    for (const auto& [key, value] : rows.front().items())
      columns.push_back({.key = key, .title = {}, .quantity = value.is_number()});
  return render_table(rows, columns, numbers);
}

std::string render_hammer_table(const Json& runs, Numbers numbers) {
  static const std::array columns{Column{"counter"},
                                  Column{"idiom"},
                                  Column{"contexts"},
                                  Column{"field"},
                                  Column{"issued", {}, true},
                                  Column{"counted", {}, true},
                                  Column{"lost", {}, true},
                                  Column{"exact"},
                                  Column{"rate", "updates/s per CPU", true}};
  return render_table(hammer_rows(runs), columns, numbers);
}

std::string render_hammer(const Json& document, Numbers numbers) {
  const Json& runs = document.at("runs");
  return render_hammer_table(runs, numbers) +
         fmt::format(
             "{}{} of {} {}\n", document.at("interrupted").get<bool>() ? "interrupted; " : "",
             document.at("conserved").get<bool>() ? "conserved in all" : "NOT CONSERVED in some",
             runs.size(), runs.size() == 1 ? "run" : "runs");
}

std::string render_tear_table(const Json& checks, Numbers numbers) {
  static const std::array columns{Column{"counter"},
                                  Column{"idiom"},
                                  Column{"updates", {}, true},
                                  Column{"reads", {}, true},
                                  Column{"changed", {}, true},
                                  Column{"retries", {}, true},
                                  Column{"starved", {}, true},
                                  Column{"torn", {}, true},
                                  Column{"torn_must", "torn must"},
                                  Column{"skewed", {}, true},
                                  Column{"skew_must", "skew must"},
                                  Column{"backward", {}, true},
                                  Column{"finding"}};
  return render_table(checks, columns, numbers);
}

std::string render_tear_checks(const Json& document, Numbers numbers) {
  const Json& checks = document.at("checks");
  return render_tear_table(checks, numbers) +
         fmt::format("{}{}\n", document.at("interrupted").get<bool>() ? "interrupted; " : "",
                     document.at("good").get<bool>() ? "as promised" : "NOT AS PROMISED");
}

std::string render_span(const Json& tick) {
  return fmt::format("after {:.3f} s, over {:.3f} s\n",
                     static_cast<double>(tick.at("time_ns").get<std::uint64_t>()) / 1e9,
                     static_cast<double>(tick.at("interval_ns").get<std::uint64_t>()) / 1e9);
}

std::string render_watch(const Json& tick, Numbers numbers) {
  static const std::array columns{Column{"counter"},
                                  Column{"field"},
                                  Column{"sum", {}, true},
                                  Column{"gained", {}, true},
                                  Column{"rate", "per second", true},
                                  Column{"note"}};
  return render_span(tick) + render_table(tick.at("fields"), columns, numbers);
}

}  // namespace percpu_scope::cli
