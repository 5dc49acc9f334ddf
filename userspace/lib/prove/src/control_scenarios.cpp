// SPDX-License-Identifier: GPL-2.0-only
//
// The table of control scenarios: adding one is adding one entry. Numbers in
// `rate` were measured under emulation with the module's widened window.
#include "percpu_scope/prove/control_scenarios.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

using std::chrono::microseconds;

std::string_view always(const Machine&) { return {}; }

std::string_view needs_preemption(const Machine& machine) {
  return machine.info.has(PERCPU_SCOPE_FEATURE_PREEMPT)
             ? std::string_view{}
             : "tasks are not preempted in this kernel: boot with preempt=full";
}

std::string_view needs_interrupting_softirqs(const Machine& machine) {
  return machine.info.has(PERCPU_SCOPE_FEATURE_RT)
             ? "softirqs are threads with PREEMPT_RT: preempt_disable() keeps them out"
             : std::string_view{};
}

std::string_view needs_plain_c(const Machine& machine) {
  if (machine.is_x86()) return "x86 adds to memory in one instruction, and keeps the carry of two";
  return machine.interrupts_between_blocks
             ? "emulated interrupts come between translation blocks, and load and store are in one"
             : std::string_view{};
}

std::string_view needs_syncp(const Machine& machine) {
  return machine.info.has(PERCPU_SCOPE_FEATURE_SYNCP)
             ? std::string_view{}
             : "a 64-bit kernel stores a u64 as a whole: u64_stats_sync is empty";
}

std::string_view needs_narrow_long(const Machine& machine) {
  return machine.info.bits_per_long == 32 ? std::string_view{}
                                          : "unsigned long has 64 bits here: nothing is cut off";
}

constexpr std::array scenarios{
    ControlScenario{.number = 1,
                    .name = "read_write",
                    .mistake = "load, window, store against a hardirq",
                    .idiom = "control_read_write",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .contexts = {Context::hardirq},
                    .period = microseconds(50),
                    .updates = 10'000,
                    .interruptions = 500,
                    .where = "everywhere",
                    .why_not = always,
                    .rate = "65-100 % of interrupts",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 1,
                    .name = "read_write_softirq",
                    .mistake = "load, window, store against a softirq",
                    .idiom = "control_read_write",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .contexts = {Context::softirq},
                    .period = microseconds(50),
                    .updates = 10'000,
                    .interruptions = 500,
                    .where = "everywhere but PREEMPT_RT",
                    .why_not = needs_interrupting_softirqs,
                    .rate = "60-98 % of softirqs",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 1,
                    .name = "read_write_injected",
                    .mistake = "load, kprobe, store",
                    .idiom = "control_read_write",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .means = Means::injected,
                    .threads = Threads::one,
                    .updates = 10'000,
                    .where = "everywhere with kprobes",
                    .why_not = always,
                    .rate = "every injected update",
                    .source = Source::measured},
    ControlScenario{.number = 2,
                    .name = "read_write_preemptible",
                    .mistake = "load, window, store with preemption on, 8 unpinned threads",
                    .idiom = "control_read_write_preemptible",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .threads = Threads::unpinned,
                    .updates = 200'000,
                    .where = "preempt=full or PREEMPT_RT",
                    .why_not = needs_preemption,
                    .rate = "up to 73 % of updates",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 2,
                    .name = "read_write_preemptible_softirq",
                    .mistake = "load, window, store with preemption on against a softirq",
                    .idiom = "control_read_write_preemptible",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .contexts = {Context::softirq},
                    .period = microseconds(50),
                    .updates = 10'000,
                    .interruptions = 500,
                    .where = "everywhere, PREEMPT_RT included",
                    .why_not = always,
                    .rate = "65-100 % of softirqs",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 3,
                    .name = "this_cpu_read_write",
                    .mistake = "this_cpu_write(x, this_cpu_read(x) + 1) against a hardirq",
                    .idiom = "control_this_cpu_read_write",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .contexts = {Context::hardirq},
                    .period = microseconds(50),
                    .updates = 10'000,
                    .interruptions = 500,
                    .where = "everywhere",
                    .why_not = always,
                    .rate = "65-100 % of interrupts",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 4,
                    .name = "raw_increment",
                    .mistake = "__this_cpu_inc() against a hardirq",
                    .idiom = "__this_cpu_inc",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .contexts = {Context::hardirq},
                    .period = microseconds(50),
                    .updates = 1'000'000,
                    .interruptions = 2'000,
                    .where = "arm64, armhf",
                    .why_not = needs_plain_c,
                    .rate = "10-25 % of interrupts, emulated one instruction at a time",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 4,
                    .name = "plain_increment",
                    .mistake = "get_cpu_var(x)++ against a hardirq",
                    .idiom = "get_cpu_var",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .contexts = {Context::hardirq},
                    .period = microseconds(50),
                    .updates = 1'000'000,
                    .interruptions = 2'000,
                    .where = "arm64, armhf",
                    .why_not = needs_plain_c,
                    .rate = "10-25 % of interrupts, emulated one instruction at a time",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 5,
                    .name = "irqsave_read_write",
                    .mistake = "local_irq_save(), load, window, store against an NMI",
                    .idiom = "control_irqsave_read_write",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .contexts = {Context::nmi},
                    .period = microseconds(50),
                    .updates = 10'000,
                    .interruptions = 500,
                    .where = "where NMIs can be generated",
                    .why_not = always,
                    .rate = "3-85 % of NMIs",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 6,
                    .name = "no_syncp",
                    .mistake = "u64 without u64_stats_sync, read on another CPU",
                    .idiom = "control_no_syncp",
                    .counter = "stats",
                    .caught_by = Catch::torn,
                    .threads = Threads::two,
                    .updates = 1'000'000,
                    .where = "32-bit",
                    .why_not = needs_syncp,
                    .rate = "0.03-21 % of readings",
                    .source = Source::measured,
                    .right_way = "u64_stats_set"},
    ControlScenario{.number = 7,
                    .name = "no_irqsave",
                    .mistake = "u64_stats_update_begin() where interrupts count, too",
                    .idiom = "control_no_irqsave",
                    .counter = "stats",
                    .caught_by = Catch::open_sections,
                    .contexts = {Context::hardirq},
                    .period = microseconds(50),
                    .updates = 10'000,
                    .interruptions = 500,
                    .where = "32-bit",
                    .why_not = needs_syncp,
                    .rate = "about every interrupt: a reader there would spin for ever",
                    .source = Source::measured,
                    .right_way = "u64_stats_inc_irqsave"},
    ControlScenario{.number = 8,
                    .name = "shared_syncp",
                    .mistake = "two CPUs write under one u64_stats_sync",
                    .idiom = "control_shared_syncp",
                    .counter = "stats",
                    .caught_by = Catch::torn_or_lost,
                    .threads = Threads::two,
                    .updates = 1'000'000,
                    .where = "32-bit",
                    .why_not = needs_syncp,
                    .rate = "readings torn, updates lost, or no reader gets through",
                    .source = Source::measured,
                    .right_way = "u64_stats_set"},
    ControlScenario{.number = 9,
                    .name = "remote_increment",
                    .mistake = "(*per_cpu_ptr(x, other))++ while its owner counts",
                    .idiom = "control_remote_increment",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .updates = 20'000,
                    .where = "all SMP",
                    .why_not = always,
                    .rate = "30-50 % of updates",
                    .source = Source::measured,
                    .right_way = "smp_call_this_cpu_inc"},
    ControlScenario{.number = 9,
                    .name = "remote_fold",
                    .mistake = "reading and zeroing another CPU's copy while its owner counts",
                    .idiom = "control_remote_fold",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .updates = 20'000,
                    .where = "all SMP",
                    .why_not = always,
                    .rate = "80-99 % of updates",
                    .source = Source::measured,
                    .right_way = "smp_call_this_cpu_inc"},
    ControlScenario{.number = 10,
                    .name = "add_above_32_bits",
                    .mistake = "u64_stats_add(p, 1ULL << 32)",
                    .idiom = "control_add_above_32_bits",
                    .counter = "stats",
                    .caught_by = Catch::lost,
                    .threads = Threads::one,
                    .updates = 10'000,
                    .where = "32-bit",
                    .why_not = needs_narrow_long,
                    .rate = "the upper half of every update",
                    .source = Source::measured,
                    .right_way = "u64_stats_set"},
    ControlScenario{.number = 11,
                    .name = "online_only_sum",
                    .mistake = "summing over the online CPUs after one went down",
                    .idiom = "this_cpu_inc",
                    .counter = "plain",
                    .caught_by = Catch::online_only,
                    .updates = 10'000,
                    .where = "where a CPU can go offline",
                    .why_not = always,
                    .rate = "all that the offline CPU counted",
                    .source = Source::measured},
    ControlScenario{.number = 12,
                    .name = "migrate_disable",
                    .mistake = "migrate_disable() taken for preempt_disable(), 8 unpinned threads",
                    .idiom = "control_migrate_disable",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .threads = Threads::unpinned,
                    .updates = 200'000,
                    .where = "preempt=full or PREEMPT_RT",
                    .why_not = needs_preemption,
                    .rate = "up to 70 % of updates",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 12,
                    .name = "migrate_disable_softirq",
                    .mistake = "migrate_disable() taken for preempt_disable(), against a softirq",
                    .idiom = "control_migrate_disable",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .contexts = {Context::softirq},
                    .period = microseconds(50),
                    .updates = 10'000,
                    .interruptions = 500,
                    .where = "everywhere, PREEMPT_RT included",
                    .why_not = always,
                    .rate = "50-100 % of softirqs",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 13,
                    .name = "bh_read_write",
                    .mistake = "local_bh_disable(), load, window, store against a hardirq",
                    .idiom = "control_bh_read_write",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .contexts = {Context::hardirq},
                    .period = microseconds(50),
                    .updates = 10'000,
                    .interruptions = 500,
                    .where = "everywhere",
                    .why_not = always,
                    .rate = "40-100 % of interrupts",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 14,
                    .name = "lost_carry",
                    .mistake = "(*(u32 *)p)++ of a u64 that passes 2^32",
                    .idiom = "control_lost_carry",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .threads = Threads::one,
                    .updates = 10,
                    // Each copy is five updates short of it.
                    .start = (std::uint64_t{1} << 32) - 5,
                    .where = "everywhere",
                    .why_not = always,
                    .rate = "2^32, for one carry",
                    .source = Source::measured,
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 15,
                    .name = "clear",
                    .mistake = "memset() of a group while another CPU reads it",
                    .idiom = "control_clear",
                    .counter = "stats",
                    .caught_by = Catch::backward,
                    .threads = Threads::two,
                    .updates = 200'000,
                    .where = "all SMP",
                    .why_not = always,
                    .rate = "up to 10 % of readings",
                    .source = Source::measured,
                    .right_way = "u64_stats_set"},
};

}  // namespace

std::span<const ControlScenario> control_scenarios() { return scenarios; }

const ControlScenario& find_scenario(std::string_view name) {
  const auto* const found =
      std::find_if(scenarios.begin(), scenarios.end(),
                   [&](const ControlScenario& scenario) { return scenario.name == name; });
  if (found != scenarios.end()) return *found;
  std::vector<std::string> names;
  names.reserve(scenarios.size());
  for (const ControlScenario& scenario : scenarios) names.emplace_back(scenario.name);
  throw UnknownNameError("control", name, std::move(names));
}

std::string_view to_string(Catch how) {
  switch (how) {
    case Catch::lost:
      return "updates lost";
    case Catch::torn:
      return "torn readings";
    case Catch::torn_or_lost:
      return "torn or lost";
    case Catch::backward:
      return "backward readings";
    case Catch::open_sections:
      return "open sections";
    case Catch::online_only:
      return "online sum short";
  }
  return "?";
}

std::string_view to_string(Means means) { return means == Means::genuine ? "genuine" : "injected"; }

std::string_view to_string(Source source) {
  return source == Source::measured ? "measured" : "from source";
}

}  // namespace percpu_scope
