// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu counter watch: a live table with rates.
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/documents.hpp"
#include "cli/render.hpp"
#include "cli/selection.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::vector<std::string> names;
  std::uint32_t interval_ms = 1000;
  std::uint64_t ticks = 0;
};

struct Reading {
  Snapshot snapshot;
  Clock::time_point time;
};

void read_into(Reading& reading, const Device& device, std::span<const CounterId> ids) {
  device.snapshot(ids, reading.snapshot);
  reading.time = Clock::now();
}

// Until `end`, or until a signal came.
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

ExitCode run(const Session& session, const Arguments& arguments) {
  if (arguments.interval_ms == 0) throw UsageError("--interval must be at least 1 millisecond");
  const Device device = session.open(Access::read_only);
  const std::vector<Counter> counters = choose_counters(device.counters(), arguments.names);
  const std::vector<CounterId> ids = ids_of(counters);
  const bool live = session.format() == Format::text && ::isatty(STDOUT_FILENO) == 1;
  catch_interrupts();

  Reading first;
  read_into(first, device, ids);
  Reading before = first;
  Reading now = first;  // the right size from the start
  auto next = first.time;
  for (std::uint64_t tick = 0; arguments.ticks == 0 || tick < arguments.ticks; ++tick) {
    next += std::chrono::milliseconds(arguments.interval_ms);
    sleep_until(next);
    if (interrupted()) break;
    read_into(now, device, ids);
    if (live) session.print_text("\033[H\033[J");
    session.print(watch_document(counters, before.snapshot, now.snapshot, now.time - before.time,
                                 now.time - first.time),
                  render_watch);
    std::swap(before, now);
  }
  if (!interrupted()) return ExitCode::ok;

  // The last line sums up the whole watch.
  read_into(now, device, ids);
  Json summary = watch_document(counters, first.snapshot, now.snapshot, now.time - first.time,
                                now.time - first.time);
  summary["summary"] = true;
  if (session.format() == Format::text) session.print_text("\nsummary ");
  session.print(summary, render_watch);
  return ExitCode::ok;
}

}  // namespace

void add_counter_watch(const Command& parent, Session& session) {
  const Command command =
      parent.add("watch", "Sums and rates, again and again; with -j a line of JSON each time");
  const auto arguments = std::make_shared<Arguments>();
  command.option("name", arguments->names, "counters; all if none is named");
  command.option("-I,--interval", arguments->interval_ms, "milliseconds between two looks");
  command.option("-c,--count", arguments->ticks, "looks; 0: until interrupted");
  command.on_run(session, [&session, arguments] { return run(session, *arguments); });
}

}  // namespace percpu_scope::cli
