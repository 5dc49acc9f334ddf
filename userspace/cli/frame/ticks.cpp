// SPDX-License-Identifier: GPL-2.0-only
//
// Sleeping between looks.
#include "cli/frame/ticks.hpp"

#include <unistd.h>

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

Ticks::Ticks(std::uint32_t interval_ms, Clock::time_point start)
    : interval_(interval_ms), next_(start) {}

bool Ticks::wait() {
  next_ += interval_;
  sleep_until(next_);
  return !interrupted();
}

void begin_look(const Session& session) {
  if (session.format() == Format::text && ::isatty(STDOUT_FILENO) == 1)
    session.print_text("\033[H\033[J");
}

void print_summary(const Session& session, Json& summary, const Session::Renderer& render) {
  summary["summary"] = true;
  if (session.format() == Format::text) session.print_text("\nsummary ");
  session.print(summary, render);
}

}  // namespace percpu_scope::cli
