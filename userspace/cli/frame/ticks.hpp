// SPDX-License-Identifier: GPL-2.0-only
//
// Looking again and again at an even pace, until enough or interrupted: what all
// watching verbs share. What is looked at and how it is shown is theirs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/frame/interrupts.hpp"
#include "cli/frame/session.hpp"
#include "cli/render/json.hpp"

namespace percpu_scope::cli {

using Clock = std::chrono::steady_clock;

// Until `end`, or until a signal came.
void sleep_until(Clock::time_point end);

// UsageError for an interval of 0.
void check_interval(std::uint32_t interval_ms);

// Time, as far as pacing needs it.
struct Pace {
  std::function<Clock::time_point()> now = Clock::now;
  std::function<void(Clock::time_point)> sleep_until = cli::sleep_until;
};

class Ticks {
 public:
  // From `start`, a look each interval.
  Ticks(std::uint32_t interval_ms, Clock::time_point start, Pace pace = {});

  // Sleeps until the next look is due; false if interrupted. One that is late does not move
  // the later ones; those that were missed, as while stopped or while the terminal was, are
  // dropped, and no two are closer than half an interval.
  bool wait();

 private:
  Pace pace_;
  std::chrono::nanoseconds interval_;
  Clock::time_point start_;
  Clock::time_point last_;
};

// A way to look: a reading is what `read` puts into one, with its time.
template <typename Reading>
struct Watch {
  std::uint32_t interval_ms;
  std::uint64_t count;  // looks; 0: until interrupted
  std::function<void(Reading&)> read;
  // Puts what happened between two readings into the document, which stays from look
  // to look: to make one anew costs more than the look. Empty at first.
  std::function<void(Json& document, const Reading& before, const Reading& after,
                     std::chrono::nanoseconds interval, std::chrono::nanoseconds since_start)>
      document;
  Session::Renderer render;
};

void print_summary(const Session& session, Json& summary, const Session::Renderer& render);

// Ends with a summary of the whole time if interrupted.
template <typename Reading>
ExitCode run_watch(const Session& session, const Watch<Reading>& watch) {
  struct Timed {
    Reading reading;
    Clock::time_point time;
  };
  const auto look = [&watch](Timed& into) {
    watch.read(into.reading);
    into.time = Clock::now();
  };
  const auto tell = [&watch](Json& document, const Timed& from, const Timed& to,
                             const Timed& start) {
    watch.document(document, from.reading, to.reading, to.time - from.time, to.time - start.time);
  };
  catch_interrupts();
  Timed first;
  look(first);
  Timed before = first;
  Timed now = first;  // the right size from the start
  Ticks ticks(watch.interval_ms, first.time);
  Json document;
  for (std::uint64_t tick = 0; watch.count == 0 || tick < watch.count; ++tick) {
    if (!ticks.wait()) break;
    look(now);
    tell(document, before, now, first);
    session.print_look(document, watch.render);
    std::swap(before, now);
  }
  if (!interrupted()) return ExitCode::ok;
  look(now);
  tell(document, first, now, first);
  print_summary(session, document, watch.render);
  return ExitCode::ok;
}

}  // namespace percpu_scope::cli
