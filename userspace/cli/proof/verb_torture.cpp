// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu torture: random jobs, for as long as asked.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/interrupts.hpp"
#include "cli/frame/progress.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/selection.hpp"
#include "cli/proof/torture_documents.hpp"
#include "cli/verbs.hpp"
#include "percpu_scope/prove/hotplug.hpp"
#include "percpu_scope/prove/torture_jobs.hpp"

namespace percpu_scope::cli {
namespace {

struct TortureArguments {
  std::uint64_t minutes = 0;
  std::uint64_t seconds = 0;
  std::vector<std::string> idioms;
  std::vector<std::string> contexts;
  std::string seed;
  std::uint32_t workers = 0;
  bool hotplug = false;
  bool keep_going = false;
};

constexpr std::uint64_t default_seconds = 60;
constexpr std::chrono::seconds line_interval{10};

std::chrono::seconds duration_of(const TortureArguments& arguments) {
  const std::uint64_t seconds = arguments.minutes * 60 + arguments.seconds;
  if (arguments.minutes > 1'000'000 || seconds > 60'000'000)
    throw UsageError("torture must end some day: at most 1000000 minutes");
  return std::chrono::seconds(seconds == 0 ? default_seconds : seconds);
}

std::uint64_t seed_of(const TortureArguments& arguments) {
  if (arguments.seed.empty()) return std::random_device()();
  std::size_t used = 0;
  std::uint64_t seed = 0;
  try {
    seed = std::stoull(arguments.seed, &used, 0);
  } catch (const std::logic_error&) {
    used = 0;
  }
  if (used != arguments.seed.size() || arguments.seed[0] == '-')
    throw UsageError("--seed is a number below 2^64, not '" + arguments.seed + "'");
  return seed;
}

// Here task is a context like the others: jobs without it are made, too.
ContextSet contexts_of(const TortureArguments& arguments) {
  ContextSet contexts;
  for (const std::string& word : arguments.contexts)
    contexts.insert(parse_word<Context>("context", word));
  return contexts;
}

ExitCode run_torture(const Session& session, const TortureArguments& arguments) {
  TortureRequest request{.seed = seed_of(arguments),
                         .duration = duration_of(arguments),
                         .idioms = arguments.idioms,
                         .contexts = contexts_of(arguments),
                         .workers = arguments.workers,
                         .hotplug = arguments.hotplug,
                         .keep_going = arguments.keep_going};
  const Device device = session.open(Access::read_write);
  if (torture_cells(device.info(), device.idioms(), request.idioms, request.contexts).empty())
    throw UsageError("in these contexts no idiom but controls can be tortured");
  if (arguments.hotplug && offlinable_cpus().empty())
    throw UsageError("--hotplug: no CPU of this machine can be taken offline");
  catch_interrupts(SecondSignal::ignored);
  std::stop_source stop;
  request.stop = stop.get_token();

  const bool text = session.format() == Format::text;
  ProgressLine line("torture");
  // The seed comes first: whatever happens, the sequence can be had again.
  if (text) session.print_text(fmt::format("pcpu-torture: seed {}\n", request.seed));
  std::chrono::nanoseconds next_line = line_interval;
  request.progress = [&](const TortureTotals& totals, std::chrono::nanoseconds elapsed) {
    if (interrupted()) stop.request_stop();
    if (line.is_live()) {
      line.show(describe_progress(totals, elapsed));
    } else if (elapsed >= next_line) {
      next_line += line_interval;
      (void)std::fputs(("torture " + describe_progress(totals, elapsed) + "\n").c_str(), stderr);
    }
  };
  const TortureResult result = torture(device, request);
  line.clear();
  session.print(torture_document(result), render_torture);
  return result.good() ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_torture(const Command& parent, Session& session) {
  const Command command = parent.add(
      "torture",
      "Random jobs on all CPUs, with readers, resets and counters that come and go; what was\n"
      "issued must be counted. The same seed makes the same jobs. Zeroes the static counters.");
  const auto arguments = std::make_shared<TortureArguments>();
  command.option("--minutes", arguments->minutes, "how long; default: one minute");
  command.option("--seconds", arguments->seconds, "how long, or that much more");
  command.option("--idiom", arguments->idioms, "idioms; default: all but controls");
  command.option("--context", arguments->contexts,
                 "contexts that may update: task, softirq, hardirq, nmi; default: all");
  command.option("--seed", arguments->seed, "of the jobs; default: a random one, and it is told");
  command.option("--workers", arguments->workers,
                 "threads that run jobs; default: two per CPU that it may use");
  command.flag("--hotplug", arguments->hotplug, "take CPUs off and on line all the while");
  command.flag("--keep-going", arguments->keep_going, "after a failure, too");
  command.on_run(session, [&session, arguments] { return run_torture(session, *arguments); });
}

}  // namespace percpu_scope::cli
