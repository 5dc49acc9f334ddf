// SPDX-License-Identifier: GPL-2.0-only
//
// Running one control scenario: attempts that grow until it is caught.
#include "percpu_scope/prove/controls.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <span>
#include <thread>
#include <vector>

#include "control_conditions.hpp"
#include "percpu_scope/prove/conservation.hpp"
#include "percpu_scope/prove/hammer.hpp"
#include "percpu_scope/prove/hotplug.hpp"
#include "percpu_scope/prove/usable_cpus.hpp"

namespace percpu_scope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t unpinned_threads = 8;
constexpr std::chrono::milliseconds slice{100};
constexpr std::uint64_t growth = 4;
// An idiom that waits for another CPU is thousands of times slower than others.
constexpr std::uint64_t waiting_updates_most = 1'000;
constexpr std::uint64_t reads_per_look = 20'000;
// The correct idiom beside a tear control is read a bounded number of times.
constexpr std::uint64_t right_way_reads_most = 4'000'000;

// Issued minus counted, in updates: the first field's weight is 1. Where each half has
// the updates, they lose independently; the one that lost more is shown.
std::int64_t lost_updates(const Idiom& idiom, const std::vector<Conservation>& fields) {
  if (fields.empty()) return 0;
  const std::uint64_t lost = fields.front().lost;
  if (arithmetic_of(idiom) == Arithmetic::sum) return static_cast<std::int64_t>(lost);
  const auto low = static_cast<std::int32_t>(lost & 0xffff'ffffU);
  const auto high = static_cast<std::int32_t>(lost >> 32);
  return std::abs(std::int64_t{low}) > std::abs(std::int64_t{high}) ? low : high;
}

void take(ControlNumbers& numbers, const Idiom& idiom, const HammerResult& result) {
  numbers.issued = result.issued();
  numbers.injected = result.injected;
  numbers.interfering = result.tally.total() - result.tally[Context::task];
  numbers.stuck = result.stuck;
  numbers.lost = result.stuck ? 0 : lost_updates(idiom, result.fields);
  numbers.open_sections = result.open_sections;
}

class Run {
 public:
  Run(const Device& device, const ControlScenario& scenario, const ControlBounds& bounds)
      : device_(device),
        scenario_(scenario),
        bounds_(bounds),
        counters_(device.counters()),
        idioms_(device.idioms()),
        counter_(find_counter(counters_, scenario.counter)),
        idiom_(find_idiom(idioms_, scenario.idiom)),
        usable_(usable_cpus(device.cpus())) {}

  ControlResult run() {
    const Clock::time_point start = Clock::now();
    ControlResult result{.outcome = Outcome::not_caught};
    std::uint64_t updates = scenario_.updates;
    while (result.outcome == Outcome::not_caught && result.attempts < bounds_.attempts) {
      ++result.attempts;
      result.numbers = attempt(idiom_, updates);
      if (is_caught(result.numbers))
        result.outcome = Outcome::caught;
      else if (bounds_.stop.stop_requested())
        result.outcome = Outcome::interrupted;
      updates *= growth;
    }
    if (!scenario_.right_way.empty() && result.outcome != Outcome::interrupted) right_way(result);
    device_.reset(counter_.id);
    result.elapsed = Clock::now() - start;
    return result;
  }

 private:
  [[nodiscard]] bool is_caught(const ControlNumbers& numbers) const {
    switch (scenario_.caught_by) {
      case Catch::lost:
        // Injection is certain: all of it, or the kprobe was not in the window.
        return scenario_.means == Means::injected
                   ? numbers.injected > 0 &&
                         numbers.lost == static_cast<std::int64_t>(numbers.injected)
                   : numbers.lost > 0;
      case Catch::counted_twice:
        return numbers.lost < 0;
      case Catch::torn:
        return numbers.torn > 0;
      case Catch::torn_or_lost:
        return numbers.torn > 0 || numbers.lost > 0 || numbers.stuck;
      case Catch::backward:
        return numbers.backward > 0;
      case Catch::open_sections:
        return numbers.open_sections > 0;
      case Catch::online_only:
        return numbers.lost > 0;
    }
    return false;
  }

  ControlNumbers attempt(const Idiom& idiom, std::uint64_t updates) {
    device_.reset(counter_.id, scenario_.start);
    switch (scenario_.caught_by) {
      case Catch::torn:
      case Catch::backward:
        return read_torn(idiom, updates);
      case Catch::torn_or_lost:
        return read_while_hammered(idiom, updates);
      case Catch::online_only:
        return sum_online_only(idiom, updates);
      case Catch::lost:
      case Catch::counted_twice:
      case Catch::open_sections:
        break;
    }
    ControlNumbers numbers;
    take(numbers, idiom, hammer_on_cpus(device_, hammering(idiom, updates)));
    return numbers;
  }

  // The correct idiom in the same conditions, if it promises anything in them.
  void right_way(ControlResult& result) {
    const Idiom& idiom = find_idiom(idioms_, scenario_.right_way);
    const ContextSet asked = scenario_.contexts | ContextSet{Context::task};
    if (!idiom.conserved.contains(asked)) return;
    std::uint64_t updates = scenario_.updates;
    if (scenario_.caught_by == Catch::torn || scenario_.caught_by == Catch::backward)
      updates = std::min(updates, right_way_reads_most);
    if (idiom.runnable == ContextSet{Context::task})
      updates = std::min(updates, waiting_updates_most);
    const ControlNumbers numbers = attempt(idiom, updates);
    result.right_way = numbers;
    const bool opened = scenario_.caught_by == Catch::open_sections && numbers.open_sections > 0;
    if (numbers.backward > 0 || numbers.lost != 0 || numbers.torn > 0 || numbers.stuck || opened)
      result.outcome = Outcome::right_way_lost;
  }

  [[nodiscard]] std::vector<std::uint32_t> cpus() const {
    // Unpinned ones are to meet: with a CPU for each, none would be moved or lose its own.
    const bool on_two = scenario_.threads == Threads::two || scenario_.threads == Threads::unpinned;
    const std::size_t wanted = scenario_.threads == Threads::one ? 1 : on_two ? 2 : usable_.size();
    return {usable_.begin(),
            usable_.begin() + static_cast<std::ptrdiff_t>(std::min(wanted, usable_.size()))};
  }

  [[nodiscard]] Hammering hammering(const Idiom& idiom, std::uint64_t updates) const {
    return {.counter = counter_,
            .idiom = idiom,
            .cpus = cpus(),
            .updates = updates,
            .contexts = scenario_.contexts,
            .period = scenario_.period,
            .interruptions = scenario_.interruptions,
            .finding = true,
            .inject = scenario_.means == Means::injected,
            .unpinned_threads = scenario_.threads == Threads::unpinned ? unpinned_threads : 0,
            // Only one job at a time may inject, so it is one job.
            .slice = scenario_.means == Means::injected ? std::chrono::nanoseconds{0}
                                                        : std::chrono::nanoseconds{slice},
            .stop = bounds_.stop};
  }

  ControlNumbers read_torn(const Idiom& idiom, std::uint64_t reads) {
    const TearResult result = check_tearing(device_, {.counter = counter_,
                                                      .idiom = idiom,
                                                      .writer_cpu = usable_.at(0),
                                                      .reader_cpu = usable_.at(1),
                                                      .reads = reads,
                                                      .stop = bounds_.stop});
    return {.issued = result.writer.issued(),
            .reads = result.readings.done,
            .torn = result.readings.torn,
            .backward = result.readings.backward,
            .starved = result.readings.starved};
  }

  // Two writers keep both CPUs; the reader gets what the scheduler gives it.
  ControlNumbers read_while_hammered(const Idiom& idiom, std::uint64_t updates) {
    ControlNumbers numbers;
    std::atomic<bool> done = false;
    VerifyResult readings;
    std::exception_ptr failure;
    {
      const std::jthread reader([&] {
        try {
          while (!done)
            readings += device_.verify({.counter = counter_.id,
                                        .cpu = usable_.at(0),
                                        .reads = reads_per_look,
                                        .retries_max = 10});
        } catch (...) {
          failure = std::current_exception();
        }
      });
      try {
        take(numbers, idiom, hammer_on_cpus(device_, hammering(idiom, updates)));
      } catch (...) {
        done = true;
        throw;
      }
      done = true;
    }
    if (failure) std::rethrow_exception(failure);
    numbers.reads = readings.done;
    numbers.torn = readings.torn;
    numbers.starved = readings.starved;
    return numbers;
  }

  // Count everywhere, take one CPU down, and sum in both ways while it is.
  ControlNumbers sum_online_only(const Idiom& idiom, std::uint64_t updates) {
    ControlNumbers numbers;
    const HammerResult hammered = hammer_on_cpus(device_, hammering(idiom, updates));
    take(numbers, idiom, hammered);
    // One that has counted; why_not_applicable() has seen to it that there is one.
    OfflineCpu offline(offlinable_of(usable_).at(0));
    const std::array ids{counter_.id};
    const Snapshot snapshot = device_.snapshot(ids);
    const Record& record = snapshot.record(counter_.id);
    const std::vector<Cpu> cpus = device_.cpus();
    offline.bring_back();
    std::uint64_t online_sum = 0;
    for (std::size_t i = 0; i < cpus.size(); ++i)
      if (cpus[i].online) online_sum += record.value(0, i);
    // Over all possible CPUs nothing may be missing, else the control proves nothing.
    if (record.sum[0] == numbers.issued)
      numbers.lost = static_cast<std::int64_t>(numbers.issued - online_sum);
    return numbers;
  }

  const Device& device_;
  const ControlScenario& scenario_;
  const ControlBounds& bounds_;
  std::vector<Counter> counters_;
  std::vector<Idiom> idioms_;
  const Counter& counter_;
  const Idiom& idiom_;
  std::vector<std::uint32_t> usable_;
};

}  // namespace

std::string why_not_applicable(const ControlScenario& scenario, const Machine& machine) {
  if (const std::string_view why = scenario.why_not(machine); !why.empty()) return std::string(why);
  const Info& info = machine.info;
  if (scenario.idiom.starts_with("control_") && !info.has(PERCPU_SCOPE_FEATURE_CONTROLS))
    return "the module was built without controls";
  if (scenario.means == Means::injected && !info.has(PERCPU_SCOPE_FEATURE_KPROBES))
    return "this kernel has no kprobes to inject with";
  if (scenario.contexts.contains(Context::nmi) && !info.has(PERCPU_SCOPE_FEATURE_NMI))
    return "NMIs cannot be generated on this machine";
  if (scenario.caught_by == Catch::online_only && !machine.cpu_can_go_offline)
    return "no CPU can be taken offline";
  // NMIs that a CPU sends itself come out of its own timer, where no task is interrupted.
  const bool needs_two =
      scenario.threads == Threads::two || scenario.contexts.contains(Context::nmi);
  return needs_two ? std::string(needs_two_cpus(machine)) : std::string();
}

ControlResult run_control(const Device& device, const ControlScenario& scenario,
                          const Machine& machine, const ControlBounds& bounds) {
  if (std::string why = why_not_applicable(scenario, machine); !why.empty())
    return {.outcome = Outcome::not_applicable, .why = std::move(why)};
  return Run(device, scenario, bounds).run();
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::caught:
      return "caught";
    case Outcome::not_caught:
      return "INCONCLUSIVE";
    case Outcome::not_applicable:
      return "not applicable";
    case Outcome::right_way_lost:
      return "RIGHT WAY LOST";
    case Outcome::interrupted:
      return "interrupted";
  }
  return "?";
}

}  // namespace percpu_scope
