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

#include "cli/frame/command_line.hpp"
#include "cli/frame/interrupts.hpp"
#include "cli/frame/progress.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/render.hpp"
#include "cli/module/results.hpp"
#include "cli/module/selection.hpp"
#include "cli/verbs.hpp"
#include "percpu_scope/cpu_list.hpp"
#include "percpu_scope/prove/usable_cpus.hpp"

namespace percpu_scope::cli {
namespace {

struct VerifyArguments {
  std::vector<std::string> counters;
  std::vector<std::string> idioms;
  std::string writer;
  std::string reader;
  std::uint64_t reads = 1'000'000;
  std::uint32_t retries = 1000;
};

struct WriterAndReader {
  std::uint32_t writer;
  std::uint32_t reader;
};

std::uint32_t parse_cpu(const std::string& text, const std::vector<std::uint32_t>& usable) {
  const std::vector<std::uint32_t> cpus = parse_cpus(text, usable, usable_ones);
  if (cpus.size() != 1) throw UsageError("'" + text + "' is more than one CPU");
  return cpus.front();
}

// What was not asked for: the first usable CPU that is not the other's.
WriterAndReader writer_and_reader(const VerifyArguments& arguments,
                                  const std::vector<std::uint32_t>& usable) {
  if (usable.size() < 2)
    throw std::runtime_error(
        "a tear check needs two usable CPUs, one to write and one to read; there is only CPU " +
        format_cpu_list(usable));
  WriterAndReader cpus{.writer = usable[0], .reader = usable[1]};
  if (!arguments.writer.empty()) cpus.writer = parse_cpu(arguments.writer, usable);
  if (!arguments.reader.empty()) cpus.reader = parse_cpu(arguments.reader, usable);
  if (cpus.writer == cpus.reader) {
    if (!arguments.writer.empty() && !arguments.reader.empty())
      throw UsageError("--writer and --reader are to be two CPUs");
    (arguments.reader.empty() ? cpus.reader : cpus.writer) =
        cpus.writer == usable[0] ? usable[1] : usable[0];
  }
  return cpus;
}

ExitCode run_verify(const Session& session, const VerifyArguments& arguments) {
  const Device device = session.open(Access::read_write);
  const WriterAndReader cpus = writer_and_reader(arguments, usable_cpus(device.cpus()));
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
                          .writer_cpu = cpus.writer,
                          .reader_cpu = cpus.reader,
                          .reads = arguments.reads,
                          .changes = enough_changes,
                          .retries_max = arguments.retries,
                          .stop = stop.get_token(),
                          .progress = [&](std::uint64_t done, std::uint64_t wanted) {
                            if (interrupted()) stop.request_stop();
                            line.show(done, wanted);
                          }};
    const TearResult result = check_tearing(device, check);
    good = good && is_good(finding_of(check, result));
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
  const auto arguments = std::make_shared<VerifyArguments>();
  command.option("--counter", arguments->counters, "counters; default: all that fit");
  command.option("--idiom", arguments->idioms,
                 "pattern idioms that write; default: each that fits and is no control");
  command.option("--writer", arguments->writer, "the CPU that writes; default: the first online");
  command.option("--reader", arguments->reader, "the CPU that reads; default: the next online");
  command.option("--reads", arguments->reads, "readings of each counter");
  command.option("--retries", arguments->retries, "per reading, then it is starved");
  command.on_run(session, [&session, arguments] { return run_verify(session, *arguments); });
}

}  // namespace percpu_scope::cli
