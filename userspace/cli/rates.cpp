// SPDX-License-Identifier: GPL-2.0-only
//
// Gains, rates and imbalance.
#include "cli/rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/documents.hpp"
#include "cli/render.hpp"

namespace percpu_scope::cli {
namespace {

// Three decimals: more would be noise.
double rounded(double ratio) { return std::round(ratio * 1000) / 1000; }

// All members, in their order; update_track() counts on it.
Json empty_track(const Track& track, std::span<const std::uint32_t> cpus) {
  Json rates = Json::object();
  for (const std::uint32_t cpu : cpus) rates.push_back({std::to_string(cpu), Json()});
  return Json{{"variable", track.name}, {"cpus", std::move(rates)}, {"sum", Json()},
              {"gained", Json()},       {"rate", Json()},           {"max", Json()},
              {"mean", Json()},         {"imbalance", Json()},      {"busiest", Json()},
              {"note", Json()}};
}

void update_track(Json& document, const Track& track, std::span<const std::uint32_t> cpus,
                  std::span<const std::uint64_t> before, std::span<const std::uint64_t> after,
                  std::chrono::nanoseconds interval) {
  auto member = ++document.begin();  // behind the variable's name
  auto rate = member->begin();
  std::string decreased;
  std::uint64_t sum = 0;
  std::uint64_t total = 0;
  std::uint64_t most = 0;
  std::size_t busiest = 0;
  for (std::size_t i = 0; i < cpus.size(); ++i, ++rate) {
    sum += after[i];
    const std::optional<std::uint64_t> gained = gain(before[i], after[i], track.width);
    *rate = gained ? Json(per_second(*gained, interval)) : Json();
    if (!gained) {
      decreased += (decreased.empty() ? "" : ",") + std::to_string(cpus[i]);
      continue;
    }
    total += *gained;
    if (*gained > most) {
      most = *gained;
      busiest = i;
    }
  }
  const bool whole = decreased.empty();
  const bool moved = whole && total > 0;
  const double mean = static_cast<double>(total) / static_cast<double>(cpus.size());
  const std::uint64_t total_rate = per_second(total, interval);
  *++member = sum;
  *++member = whole ? Json(total) : Json();
  *++member = whole ? Json(total_rate) : Json();
  *++member = whole ? Json(per_second(most, interval)) : Json();
  *++member = whole ? Json(total_rate / cpus.size()) : Json();
  *++member = moved ? Json(rounded(static_cast<double>(most) / mean)) : Json();
  *++member = moved ? Json(cpus[busiest]) : Json();
  *++member = whole ? Json() : Json("reset? CPU " + decreased);
}

std::vector<Column> columns_of(RateView view, const Json& rows) {
  std::vector<Column> columns{{"variable"}};
  const auto add = [&columns](const char* key, const char* title = "", bool quantity = true) {
    columns.push_back({.key = key, .title = title, .quantity = quantity});
  };
  if ((view == RateView::all || view == RateView::per_cpu) && !rows.empty())
    for (const auto& [cpu, rate] : rows.front().at("cpus").items())
      columns.push_back(
          {.key = cpu, .title = "cpu" + cpu + "/s", .quantity = true, .within = "cpus"});
  if (view == RateView::sum || view == RateView::all) add("sum");
  if (view == RateView::sum) add("gained");
  if (view != RateView::per_cpu) add("rate", "per second");
  if (view == RateView::skew) {
    add("max", "max/s");
    add("mean", "mean/s");
  }
  if (view == RateView::skew || view == RateView::all) add("imbalance", "max/mean", false);
  if (view == RateView::skew) add("busiest", "busiest CPU", false);
  add("note", "", false);
  return columns;
}

}  // namespace

std::optional<std::uint64_t> gain(std::uint64_t before, std::uint64_t after, std::uint32_t width) {
  const std::uint64_t mask = width >= 64 ? UINT64_MAX : (std::uint64_t{1} << width) - 1;
  const std::uint64_t gained = (after - before) & mask;
  if (gained > mask / 2) return std::nullopt;
  return gained;
}

void update_rates(Json& document, std::span<const Track> tracks,
                  std::span<const std::uint32_t> cpus, const Look& before, const Look& after,
                  std::chrono::nanoseconds interval, std::chrono::nanoseconds since_start) {
  if (document.empty()) {
    Json variables = Json::array();
    for (const Track& track : tracks) variables.push_back(empty_track(track, cpus));
    document = Json{{"time_ns", 0U}, {"interval_ns", 0U}, {"variables", std::move(variables)}};
  }
  document["time_ns"] = static_cast<std::uint64_t>(since_start.count());
  document["interval_ns"] = static_cast<std::uint64_t>(interval.count());
  Json& variables = document["variables"];
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const auto of = [&](const Look& look) {
      return std::span(look.values).subspan(i * cpus.size(), cpus.size());
    };
    update_track(variables[i], tracks[i], cpus, of(before), of(after), interval);
  }
}

std::string render_rates(const Json& document, RateView view, Numbers numbers) {
  const Json& rows = document.at("variables");
  return render_span(document) + render_table(rows, columns_of(view, rows), numbers);
}

}  // namespace percpu_scope::cli
