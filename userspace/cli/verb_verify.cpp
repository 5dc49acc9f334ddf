// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu verify: a pattern written on one CPU, read and checked on another.
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/documents.hpp"
#include "cli/render.hpp"
#include "cli/selection.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"
#include "percpu_scope/cpu_list.hpp"

namespace percpu_scope::cli {
namespace {

struct Arguments {
  std::vector<std::string> counters;
  std::vector<std::string> idioms;
  std::string cpus = "all";
  std::uint64_t reads = 1'000'000;
  std::uint32_t retries = 1000;
};

ExitCode run(const Session& session, const Arguments& arguments) {
  const Device device = session.open(Access::read_write);
  const std::vector<std::uint32_t> cpus =
      parse_cpu_list(arguments.cpus, online_cpus(device.cpus()));
  if (cpus.size() < 2)
    throw std::runtime_error(
        "a tear check needs two online CPUs, one to write and one to read; there is only CPU " +
        format_cpu_list(cpus));
  const std::vector<Pair> pairs =
      choose_pairs(choose_counters(device.counters(), arguments.counters), device.idioms(),
                   arguments.idioms, {.patterns_only = true});

  std::stop_source stop;
  ProgressLine line("verify");
  catch_interrupts();

  Json checks = Json::array();
  bool good = true;
  for (const Pair& pair : pairs) {
    if (interrupted()) break;
    line.label("verify " + pair.counter.name + " " + pair.idiom.name);
    const TearCheck check{.counter = pair.counter,
                          .idiom = pair.idiom,
                          .writer_cpu = cpus[0],
                          .reader_cpu = cpus[1],
                          .reads = arguments.reads,
                          .changes = enough_changes,
                          .retries_max = arguments.retries,
                          .stop = stop.get_token(),
                          .progress = [&](std::uint64_t done, std::uint64_t wanted) {
                            if (interrupted()) stop.request_stop();
                            line.show(done, wanted);
                          }};
    const TearResult result = check_tearing(device, check);
    good = good && is_good(judge(check, result));
    checks.push_back(tear_document(check, result));
  }
  good = good && !checks.empty();  // nothing was shown if interrupted at once
  line.clear();
  session.print(Json{{"checks", std::move(checks)}, {"good", good}, {"interrupted", interrupted()}},
                render_tear_checks);
  return good ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_verify(const Command& parent, Session& session) {
  const Command command = parent.add(
      "verify",
      "Write a pattern on one CPU and read it on another, in the kernel: torn, skewed and starved\n"
      "readings. Zeroes the counters first.");
  const auto arguments = std::make_shared<Arguments>();
  command.option("--counter", arguments->counters, "counters; default: all that fit");
  command.option("--idiom", arguments->idioms,
                 "pattern idioms that write; default: each that fits and is no control");
  command.option("--cpus", arguments->cpus,
                 "the first writes, the second reads; default: the first two online");
  command.option("--reads", arguments->reads, "readings of each counter");
  command.option("--retries", arguments->retries, "per reading, then it is starved");
  command.on_run(session, [&session, arguments] { return run(session, *arguments); });
}

}  // namespace percpu_scope::cli
