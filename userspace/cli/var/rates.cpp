// SPDX-License-Identifier: GPL-2.0-only
//
// Gains, rates and imbalance.
#include "cli/var/rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/module/rate.hpp"
#include "cli/module/render.hpp"
#include "inspect/btf/scalar.hpp"

namespace percpu_scope::cli {
namespace {

// Three decimals: more would be noise.
double rounded(double ratio) { return std::round(ratio * 1000) / 1000; }

// All members, in their order; update_track() counts on it.
Json empty_track(const Track& track, std::span<const std::uint32_t> cpus) {
  Json rates = Json::object();
  // Json's own push_back() compares with every member that is there already.
  auto& members = rates.get_ref<Json::object_t&>();
  members.reserve(cpus.size());
  for (const std::uint32_t cpu : cpus) members.emplace_back(std::to_string(cpu), nullptr);
  return Json{{"variable", track.name}, {"cpus", std::move(rates)}, {"sum", Json()},
              {"gained", Json()},       {"rate", Json()},           {"max", Json()},
              {"mean", Json()},         {"imbalance", Json()},      {"busiest", Json()},
              {"note", Json()}};
}

std::uint64_t mask_of(std::uint32_t width) {
  return width >= 64 ? UINT64_MAX : (std::uint64_t{1} << width) - 1;
}

std::uint64_t highest_bit(std::uint32_t width) { return std::uint64_t{1} << (width - 1); }

// "0,3" and so on, as CPUs come.
void add_cpu(std::string& list, std::uint32_t cpu) {
  list += (list.empty() ? "" : ",") + std::to_string(cpu);
}

// One track's part of a look.
struct Seen {
  std::span<const std::optional<std::uint64_t>> values;
  const std::string& unread;
};

// Over a track's own CPUs.
struct Totals {
  std::size_t values = 0;  // how many could be read, and their sum
  std::uint64_t sum = 0;
  bool any_high = false;  // has one of them its highest bit set?
  std::size_t gains = 0;  // how many could be told, and their sum
  std::uint64_t gained = 0;
  std::size_t online = 0;  // of these
  std::uint64_t gained_online = 0;
  std::uint64_t most = 0;
  std::size_t busiest = 0;
  std::string missing;  // CPUs
  std::string decreased;
};

Totals update_cells(Json& rates, const Track& track, std::span<const std::uint32_t> cpus,
                    const Seen& before, const Seen& after, const std::vector<bool>& online,
                    std::chrono::nanoseconds interval) {
  // By place: Json's own iterators of objects cannot jump.
  const auto cells = rates.get_ref<Json::object_t&>().begin();
  Totals totals;
  for (const std::size_t cpu : track.cpus) {
    Json& rate = (cells + static_cast<std::ptrdiff_t>(cpu))->second;
    rate = Json();
    const std::optional<std::uint64_t>& now = after.values[cpu];
    if (now) {
      ++totals.values;
      totals.sum += *now;
      totals.any_high = totals.any_high || (*now & highest_bit(track.width)) != 0;
    }
    if (!now || !before.values[cpu]) {
      add_cpu(totals.missing, cpus[cpu]);
      continue;
    }
    const std::optional<std::uint64_t> gained = gain(*before.values[cpu], *now, track.width);
    if (!gained) {
      add_cpu(totals.decreased, cpus[cpu]);
      continue;
    }
    rate = per_second(*gained, interval);
    ++totals.gains;
    totals.gained += *gained;
    if (!online[cpu]) continue;
    ++totals.online;
    totals.gained_online += *gained;
    if (*gained > totals.most) {
      totals.most = *gained;
      totals.busiest = cpu;
    }
  }
  return totals;
}

void append(std::string& note, const std::string& more) {
  note += (note.empty() ? "" : "; ") + more;
}

// Modulo 2^width: of numbers that go up on one CPU and down on another nothing else means
// anything, and any of them may have wrapped.
Json sum_of(const Totals& totals, const Track& track) {
  const std::int64_t extended = inspect::sign_extend(totals.sum, track.width);
  // Not in braces, which would make a list of it.
  Json sum = totals.sum & mask_of(track.width);
  if (track.is_signed) sum = extended;
  return sum;
}

// An unsigned type does not say whether its numbers go down, too. If one of them has gone
// below zero, and so has the sum, a reader must know.
std::string other_sum(const Totals& totals, const Track& track) {
  if (track.is_signed || !totals.any_high || (totals.sum & highest_bit(track.width)) == 0)
    return {};
  return fmt::format("the sum is {} if it goes down, too",
                     inspect::sign_extend(totals.sum, track.width));
}

// What is to be said of a track; null if that is nothing.
Json note_of(const Totals& totals, const std::string& why_missing, std::string note) {
  if (!totals.missing.empty()) {
    const bool all = totals.gains == 0 && totals.decreased.empty();
    append(note, "not readable" + (all ? std::string() : " on CPU " + totals.missing) + ": " +
                     why_missing);
  }
  if (!totals.decreased.empty()) append(note, "reset? CPU " + totals.decreased);
  return note.empty() ? Json() : Json(note);
}

void update_track(Json& document, const Track& track, std::span<const std::uint32_t> cpus,
                  const Seen& before, const Seen& after, const std::vector<bool>& online,
                  std::chrono::nanoseconds interval) {
  auto member = ++document.begin();  // behind the variable's name
  const Totals totals = update_cells(*member, track, cpus, before, after, online, interval);
  const bool summed = totals.values == track.cpus.size();
  const bool whole = totals.gains == track.cpus.size();
  const bool compared = whole && totals.online > 0;
  const bool moved = compared && totals.most > 0;
  const auto mean = [&] {
    return static_cast<double>(totals.gained_online) / static_cast<double>(totals.online);
  };
  *++member = summed ? sum_of(totals, track) : Json();
  *++member = whole ? Json(totals.gained) : Json();
  *++member = whole ? Json(per_second(totals.gained, interval)) : Json();
  *++member = compared ? Json(per_second(totals.most, interval)) : Json();
  *++member = compared ? Json(per_second(totals.gained_online, interval) / totals.online) : Json();
  *++member = moved ? Json(rounded(static_cast<double>(totals.most) / mean())) : Json();
  *++member = moved ? Json(cpus[totals.busiest]) : Json();
  *++member = note_of(totals, after.unread.empty() ? before.unread : after.unread,
                      summed ? other_sum(totals, track) : std::string());
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
  const std::uint64_t mask = mask_of(width);
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
      return Seen{.values = std::span(look.values).subspan(i * cpus.size(), cpus.size()),
                  .unread = look.unread[i]};
    };
    update_track(variables[i], tracks[i], cpus, of(before), of(after), after.online, interval);
  }
}

std::string render_rates(const Json& document, RateView view, Numbers numbers) {
  const Json& rows = document.at("variables");
  return render_span(document) + render_table(rows, columns_of(view, rows), numbers);
}

}  // namespace percpu_scope::cli
