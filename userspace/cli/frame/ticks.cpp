// SPDX-License-Identifier: GPL-2.0-only
//
// Sleeping between looks.
#include "cli/frame/ticks.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/frame/exit_code.hpp"

namespace percpu_scope::cli {

void sleep_until(Clock::time_point end) {
  while (!interrupted()) {
    const auto left = end - Clock::now();
    if (left.count() <= 0) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec time{
        .tv_sec = static_cast<time_t>(seconds.count()),
        .tv_nsec = static_cast<long>(std::chrono::nanoseconds(left - seconds).count())};
    // The end of a signal's handler ends the sleep, and the loop looks at it.
    if (::nanosleep(&time, nullptr) != 0 && errno != EINTR) return;
  }
}

void check_interval(std::uint32_t interval_ms) {
  if (interval_ms == 0) throw UsageError("--interval must be at least 1 millisecond");
}

Ticks::Ticks(std::uint32_t interval_ms, Clock::time_point start, Pace pace)
    : pace_(std::move(pace)),
      interval_(std::chrono::milliseconds(interval_ms)),
      start_(start),
      last_(start) {}

bool Ticks::wait() {
  const Clock::time_point earliest = std::max(pace_.now(), last_ + interval_ / 2);
  const std::chrono::nanoseconds just_below = interval_ - std::chrono::nanoseconds{1};
  const Clock::time_point due = start_ + (earliest - start_ + just_below) / interval_ * interval_;
  pace_.sleep_until(due);
  last_ = pace_.now();
  return !interrupted();
}

void print_summary(const Session& session, Json& summary, const Session::Renderer& render) {
  summary["summary"] = true;
  if (session.format() == Format::text) session.print_text("\nsummary ");
  session.print(summary, render);
}

}  // namespace percpu_scope::cli
