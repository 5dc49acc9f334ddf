// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu hammer: idioms on counters from one pinned thread per CPU, issued against counted.
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/interrupts.hpp"
#include "cli/frame/progress.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/render.hpp"
#include "cli/module/results.hpp"
#include "cli/module/selection.hpp"
#include "cli/verbs.hpp"
#include "percpu_scope/prove/promises.hpp"
#include "percpu_scope/prove/usable_cpus.hpp"

namespace percpu_scope::cli {
namespace {

struct HammerArguments {
  std::vector<std::string> counters;
  std::vector<std::string> idioms;
  std::vector<std::string> contexts;
  std::string cpus = "all";
  std::uint64_t updates = 1'000'000;
  std::uint64_t period_us = 0;
  std::uint64_t interruptions = 0;
  std::uint32_t unpinned = 0;
  bool finding = false;
  bool inject = false;
  bool bh_off = false;
};

constexpr std::chrono::microseconds default_period{100};
constexpr std::chrono::milliseconds slice{100};
constexpr std::uint64_t longest_period_us = 1'000'000;

std::chrono::nanoseconds period_for(const HammerArguments& arguments, ContextSet contexts,
                                    const Device& device) {
  if (contexts.empty()) {
    if (arguments.period_us != 0) throw UsageError("--period needs --context");
    return std::chrono::nanoseconds{0};
  }
  if (arguments.period_us > longest_period_us)
    throw UsageError("--period must be at most " + std::to_string(longest_period_us));
  // One that is too short is the kernel's to refuse.
  if (arguments.period_us != 0) return std::chrono::microseconds(arguments.period_us);
  const std::chrono::nanoseconds shortest(device.info().min_generator_period_ns);
  return std::max<std::chrono::nanoseconds>(default_period, shortest);
}

void check(const HammerArguments& arguments, ContextSet contexts) {
  if (contexts.empty() && arguments.interruptions != 0)
    throw UsageError("--interruptions needs --context");
  if (arguments.inject && arguments.idioms.empty())
    throw UsageError("--inject needs --idiom: a control with a window");
  if (arguments.bh_off && arguments.updates == 0)
    throw UsageError("--bh-off needs --updates: it is for those of tasks");
}

ExitCode run_hammer(const Session& session, const HammerArguments& arguments) {
  const ContextSet contexts = parse_contexts(arguments.contexts);
  check(arguments, contexts);
  const Device device = session.open(Access::read_write);
  const std::vector<std::uint32_t> cpus =
      parse_cpus(arguments.cpus, usable_cpus(device.cpus()), usable_ones);
  if (arguments.inject && cpus.size() != 1)
    throw UsageError("--inject needs one CPU: only one job at a time can");
  const Info info = device.info();
  const std::vector<Pair> pairs = choose_pairs(
      choose_counters(device.counters(), arguments.counters), device.idioms(), arguments.idioms,
      {.conserved =
           arguments.finding ? ContextSet{} : contexts - kept_out_by_tasks(info, arguments.bh_off),
       .runnable = contexts});

  std::stop_source stop;
  ProgressLine line("hammer");
  catch_interrupts();

  Json runs = Json::array();
  bool good = true;
  for (const Pair& pair : pairs) {
    if (interrupted()) break;
    line.label("hammer " + pair.counter.name + " " + pair.idiom.name);
    // A pattern starts from zero only: see pcpu hammer --help.
    if (pair.idiom.is_pattern()) device.reset(pair.counter.id);
    const Hammering hammering{
        .counter = pair.counter,
        .idiom = pair.idiom,
        .cpus = cpus,
        .updates = arguments.updates,
        .contexts = contexts,
        .period = period_for(arguments, contexts, device),
        .interruptions = arguments.interruptions,
        .finding = arguments.finding,
        .inject = arguments.inject,
        .bh_off = arguments.bh_off,
        .unpinned_threads = arguments.unpinned,
        // Only one job at a time injects: no slices.
        .slice = arguments.inject ? std::chrono::nanoseconds{0} : std::chrono::nanoseconds{slice},
        .stop = stop.get_token(),
        .progress = [&](std::uint64_t done, std::uint64_t wanted) {
          if (interrupted()) stop.request_stop();
          line.show(done, wanted);
        }};
    Json result = hammer_document(hammering, hammer_on_cpus(device, hammering), info);
    // Where nothing was promised, a loss is a finding and no failure.
    good = good && (result.at("exact").get<bool>() || !result.at("promised").get<bool>());
    runs.push_back(std::move(result));
  }
  good = good && !runs.empty();  // nothing was shown if interrupted at once
  line.clear();
  session.print(
      Json{{"runs", std::move(runs)}, {"conserved", good}, {"interrupted", interrupted()}},
      render_hammer);
  return good ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_hammer(const Command& parent, Session& session) {
  const Command command = parent.add(
      "hammer",
      "Update counters from one pinned thread per CPU; what was issued must be counted.\n"
      "Pattern idioms zero their counter first.");
  const auto arguments = std::make_shared<HammerArguments>();
  command.option("--counter", arguments->counters, "counters; default: all");
  command.option("--idiom", arguments->idioms,
                 "idioms; default: each that fits, promises to conserve and is no control");
  command.option("--cpus", arguments->cpus,
                 "CPUs that are online and allowed to this process: all, 0 or 1,3-5");
  command.option("--updates", arguments->updates, "per CPU, in task context");
  command.option("--context", arguments->contexts,
                 "contexts that interfere: softirq, hardirq, nmi; separated by commas");
  command.option("--period", arguments->period_us,
                 "microseconds between interferences; default: 100, or the shortest there is");
  command.option("--interruptions", arguments->interruptions,
                 "the least that each interfering context issues on each CPU; with --updates 0\n"
                 "the contexts have the counter to themselves");
  command.option("--unpinned", arguments->unpinned,
                 "so many threads that may be moved, in place of one pinned to each CPU");
  command.flag("--inject", arguments->inject,
               "update once more by a kprobe in the window of a control");
  command.flag(
      "--bh-off", arguments->bh_off,
      "make each update of a task with bottom halves off, which keeps softirqs out but with\n"
      "PREEMPT_RT");
  command.flag("--finding", arguments->finding,
               "run idioms where they promise nothing, too; a loss is then no failure");
  command.on_run(session, [&session, arguments] { return run_hammer(session, *arguments); });
}

}  // namespace percpu_scope::cli
