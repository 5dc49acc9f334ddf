// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu count-calls: calls of a kernel function, per CPU, while a command runs
// or until interrupted.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/counter/call_counters.hpp"
#include "cli/frame/child.hpp"
#include "cli/frame/command_line.hpp"
#include "cli/frame/interrupts.hpp"
#include "cli/frame/session.hpp"
#include "cli/frame/ticks.hpp"
#include "cli/verbs.hpp"
#include "inspect/kernel/symbols.hpp"
#include "percpu_scope/call_counter.hpp"

namespace percpu_scope::cli {
namespace {

struct CountCallsArguments {
  std::string function;
  std::uint32_t interval_ms = 1000;
  std::uint64_t ticks = 0;
  std::vector<std::string> command;
};

std::string render_calls(const Json& document, Numbers numbers) {
  Json rows = Json::array();
  for (const auto& [cpu, calls] : document.at("cpus").items())
    rows.push_back({{"cpu", cpu}, {"calls", calls}});
  rows.push_back({{"cpu", "sum"}, {"calls", document.at("sum")}});
  rows.push_back({{"cpu", "missed"}, {"calls", document.at("missed")}});
  static const std::array columns{Column{"cpu"}, Column{"calls", {}, true}};
  std::string text =
      fmt::format("calls of {} in {:.3f} s\n", document.at("function").get<std::string>(),
                  static_cast<double>(document.at("elapsed_ns").get<std::int64_t>()) / 1e9);
  if (document.at("namesakes") > 1)
    text += fmt::format("({} symbols have this name; the kernel takes one of them)\n",
                        document.at("namesakes").get<std::size_t>());
  if (!document.at("exit_status").is_null() && document.at("exit_status") != 0)
    text +=
        fmt::format("(the command ended with status {})\n", document.at("exit_status").get<int>());
  return text + render_table(rows, columns, numbers);
}

// Static functions of several files may have the same name, and a kprobe takes one.
std::size_t symbols_called(const std::string& name) {
  const std::array names{std::string_view(name)};
  const inspect::Owners owners = inspect::owners_of(names);
  const auto found = owners.find(name);
  return found == owners.end() ? 0 : found->second.size();
}

class Counting {
 public:
  Counting(const Device& device, const CountCallsArguments& arguments)
      : device_(device),
        arguments_(arguments),
        cpus_(device.cpus()),
        namesakes_(symbols_called(arguments.function)),
        calls_(device, name_of_call_counter(), arguments.function),
        start_(Clock::now()) {}

  [[nodiscard]] Json document(const Json& missed, const Json& exit_status) const {
    const std::array ids{calls_.id()};
    const Snapshot snapshot = device_.snapshot(ids);
    const Record& record = snapshot.record(calls_.id());
    Json by_cpu = Json::object();
    for (std::size_t i = 0; i < cpus_.size(); ++i)
      by_cpu[std::to_string(cpus_[i].number)] = record.value(0, i);
    return Json{{"function", arguments_.function},
                {"namesakes", namesakes_},
                {"elapsed_ns", (Clock::now() - start_).count()},
                {"cpus", std::move(by_cpu)},
                {"sum", record.sum[0]},
                {"missed", missed},
                {"exit_status", exit_status}};
  }

  void watch(const Session& session) const {
    Ticks ticks(arguments_.interval_ms, start_);
    // The last look is the final one, after counting has stopped.
    for (std::uint64_t tick = 1; ticks.wait() && tick != arguments_.ticks; ++tick)
      session.print(document(Json(), Json()), render_calls);
  }

  std::uint64_t stop() { return calls_.stop(); }

 private:
  const Device& device_;
  const CountCallsArguments& arguments_;
  std::vector<Cpu> cpus_;
  std::size_t namesakes_;
  CallCounter calls_;
  Clock::time_point start_;
};

ExitCode run_count_calls(const Session& session, const CountCallsArguments& arguments) {
  check_interval(arguments.interval_ms);
  if (!arguments.command.empty() && arguments.ticks != 0)
    throw UsageError("--count does not go with a command: that says when it ends");
  const Device device = session.open(Access::read_write);
  const bool has_command = !arguments.command.empty();
  // With a command all of them are its own: when it ends, so does this.
  catch_interrupts(has_command ? SecondSignal::ignored : SecondSignal::kills);
  Counting counting(device, arguments);
  if (!has_command) counting.watch(session);
  const Json exit_status = has_command ? Json(run_child(arguments.command)) : Json();
  const std::uint64_t missed = counting.stop();
  session.print(counting.document(missed, exit_status), render_calls);
  return handed_on(has_command ? exit_status.get<int>() : 0);
}

}  // namespace

void add_count_calls(const Command& parent, Session& session) {
  const Command command = parent.add(
      "count-calls",
      "Count the calls of a kernel function per CPU, by a kprobe, while a command runs or until\n"
      "interrupted: pcpu count-calls vfs_read -- cat /proc/version. Ends as the command does.");
  const auto arguments = std::make_shared<CountCallsArguments>();
  command.option("function", arguments->function, "its name, as in /proc/kallsyms",
                 Presence::required);
  command.words("command", arguments->command, "after --: count while it runs");
  command.option("-I,--interval", arguments->interval_ms, "milliseconds between two looks");
  command.option("-c,--count", arguments->ticks, "looks; 0: until interrupted");
  command.on_run(session, [&session, arguments] { return run_count_calls(session, *arguments); });
}

}  // namespace percpu_scope::cli
