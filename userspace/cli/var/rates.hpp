// SPDX-License-Identifier: GPL-2.0-only
//
// What numbers gained between two looks, per CPU: modulo their type's width, and
// how evenly over the CPUs. Arithmetic and documents; no reading.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/render/json.hpp"
#include "cli/render/table.hpp"

namespace percpu_scope::cli {

// One number that is watched on each CPU.
struct Track {
  std::string name;
  std::uint32_t width = 64;  // bits of its type
  bool is_signed = false;
  std::vector<std::size_t> cpus;  // its own, ascending: places in those of the watch
};

// What was seen at one time, of tracks × CPUs; of a track's own CPUs alone.
struct Look {
  // [track * cpus + cpu], extended to 64 bits as its sign says; nothing where it could
  // not be read.
  std::vector<std::optional<std::uint64_t>> values;
  std::vector<std::string> unread;  // [track], why values are missing; empty if none is
  std::vector<bool> online;         // [cpu]
};

// Modulo 2^width; nothing for a decrease, which is a gain of more than half of that:
// somebody has reset it, or it does not only grow.
std::optional<std::uint64_t> gain(std::uint64_t before, std::uint64_t after, std::uint32_t width);

// {"time_ns", "interval_ns", "variables": [{"variable", "cpus": {"0": rate}, "sum",
//   "gained", "rate", "max", "mean", "imbalance", "busiest", "note"}]}
// Rates are per second of `interval`; null on CPUs that are not the track's. sum: of the
// values on its CPUs, modulo 2^width, with the sign of their type; where that is unsigned
// and the sum may be one of less than zero, the note tells it. A CPU that decreased or
// could not be read has no rate, and its track no total: the note names it.
//
// max, mean and imbalance are of those of its CPUs that are online `after`: the others
// stand still, and would make even work look uneven. imbalance: max over mean, 1 where
// all of these do the same, null where none moved.
//
// Made anew if `document` is empty, else only its numbers are: it must then be one of
// the same tracks and CPUs.
void update_rates(Json& document, std::span<const Track> tracks,
                  std::span<const std::uint32_t> cpus, const Look& before, const Look& after,
                  std::chrono::nanoseconds interval, std::chrono::nanoseconds since_start);

// Which of it a table shows.
enum class RateView { all, sum, per_cpu, skew };
std::string render_rates(const Json& document, RateView view, Numbers numbers);

}  // namespace percpu_scope::cli
