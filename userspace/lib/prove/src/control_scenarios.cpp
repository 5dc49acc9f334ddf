// SPDX-License-Identifier: GPL-2.0-only
//
// The table of control scenarios: adding one is adding one entry. Numbers in
// `rate` were measured under emulation with the module's widened window.
#include "percpu_scope/prove/control_scenarios.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "control_conditions.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

using std::chrono::microseconds;

// Against interrupts of one kind, as many as a job is given and 500 at least.
constexpr ControlScenario against(Context context, ControlScenario scenario) {
  scenario.contexts = {context};
  scenario.period = microseconds(50);
  scenario.updates = 10'000;
  scenario.interruptions = 500;
  return scenario;
}

constexpr std::array scenarios{
    against(Context::hardirq, {.number = 1,
                               .name = "read_write",
                               .mistake = "load, window, store against a hardirq",
                               .idiom = "control_read_write",
                               .counter = "plain",
                               .caught_by = Catch::lost,
                               .where = "everywhere",
                               .why_not = always,
                               .rate = "65-100 % of interrupts",
                               .right_way = "this_cpu_inc"}),
    against(Context::softirq, {.number = 1,
                               .name = "read_write_softirq",
                               .mistake = "load, window, store against a softirq",
                               .idiom = "control_read_write",
                               .counter = "plain",
                               .caught_by = Catch::lost,
                               .where = "everywhere but PREEMPT_RT",
                               .why_not = needs_interrupting_softirqs,
                               .rate = "60-98 % of softirqs",
                               .right_way = "this_cpu_inc"}),
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
                    .rate = "every injected update"},
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
                    .right_way = "this_cpu_inc"},
    against(Context::softirq,
            {.number = 2,
             .name = "read_write_preemptible_softirq",
             .mistake = "load, window, store with preemption on against a softirq",
             .idiom = "control_read_write_preemptible",
             .counter = "plain",
             .caught_by = Catch::lost,
             .where = "everywhere, PREEMPT_RT included",
             .why_not = always,
             .rate = "65-100 % of softirqs",
             .right_way = "this_cpu_inc"}),
    against(Context::hardirq,
            {.number = 3,
             .name = "this_cpu_read_write",
             .mistake = "this_cpu_write(x, this_cpu_read(x) + 1) against a hardirq",
             .idiom = "control_this_cpu_read_write",
             .counter = "plain",
             .caught_by = Catch::lost,
             .where = "everywhere",
             .why_not = always,
             .rate = "65-100 % of interrupts",
             .right_way = "this_cpu_inc"}),
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
                    .right_way = "this_cpu_inc"},
    against(Context::nmi, {.number = 5,
                           .name = "irqsave_read_write",
                           .mistake = "local_irq_save(), load, window, store against an NMI",
                           .idiom = "control_irqsave_read_write",
                           .counter = "plain",
                           .caught_by = Catch::lost,
                           .where = "where NMIs can be generated",
                           .why_not = always,
                           .rate = "3-85 % of NMIs",
                           .right_way = "this_cpu_inc"}),
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
                    .right_way = "u64_stats_set"},
    against(Context::hardirq, {.number = 7,
                               .name = "no_irqsave",
                               .mistake = "u64_stats_update_begin() where interrupts count, too",
                               .idiom = "control_no_irqsave",
                               .counter = "stats",
                               .caught_by = Catch::open_sections,
                               .where = "32-bit",
                               .why_not = needs_syncp,
                               .rate = "about every interrupt: a reader there would spin for ever",
                               .right_way = "u64_stats_inc_irqsave"}),
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
                    .right_way = "u64_stats_set"},
    ControlScenario{.number = 9,
                    .name = "remote_increment",
                    .mistake = "(*per_cpu_ptr(x, other))++ while its owner counts",
                    .idiom = "control_remote_increment",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .updates = 20'000,
                    .where = "all SMP",
                    .why_not = needs_two_cpus,
                    .rate = "30-50 % of updates",
                    .right_way = "smp_call_this_cpu_inc"},
    ControlScenario{.number = 9,
                    .name = "remote_fold",
                    .mistake = "reading and zeroing another CPU's copy while its owner counts",
                    .idiom = "control_remote_fold",
                    .counter = "plain",
                    .caught_by = Catch::lost,
                    .updates = 20'000,
                    .where = "all SMP",
                    .why_not = needs_two_cpus,
                    .rate = "80-99 % of updates",
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
                    .rate = "all that the offline CPU counted"},
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
                    .right_way = "this_cpu_inc"},
    against(Context::softirq,
            {.number = 12,
             .name = "migrate_disable_softirq",
             .mistake = "migrate_disable() taken for preempt_disable(), against a softirq",
             .idiom = "control_migrate_disable",
             .counter = "plain",
             .caught_by = Catch::lost,
             .where = "everywhere, PREEMPT_RT included",
             .why_not = always,
             .rate = "50-100 % of softirqs",
             .right_way = "this_cpu_inc"}),
    against(Context::hardirq,
            {.number = 13,
             .name = "bh_read_write",
             .mistake = "local_bh_disable(), load, window, store against a hardirq",
             .idiom = "control_bh_read_write",
             .counter = "plain",
             .caught_by = Catch::lost,
             .where = "everywhere",
             .why_not = always,
             .rate = "40-100 % of interrupts",
             .right_way = "this_cpu_inc"}),
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
                    .right_way = "u64_stats_set"},
    ControlScenario{.number = 16,
                    .name = "hoisted_pointer",
                    .mistake = "this_cpu_ptr() once for a loop, 8 unpinned threads",
                    .idiom = "control_hoisted_pointer",
                    .counter = "plain",
                    .threads = Threads::unpinned,
                    .updates = 50'000,
                    .where = "all SMP",
                    .why_not = needs_two_cpus,
                    .rate = "as often as tasks are moved, one in 10,000",
                    .right_way = "this_cpu_ptr"},
    ControlScenario{.number = 17,
                    .name = "cached_cpu",
                    .mistake = "smp_processor_id() once for a loop, 8 unpinned threads",
                    .idiom = "control_cached_cpu",
                    .counter = "plain",
                    .threads = Threads::unpinned,
                    .updates = 50'000,
                    .where = "all SMP",
                    .why_not = needs_two_cpus,
                    .rate = "as often as tasks are moved, one in 10,000",
                    .right_way = "this_cpu_ptr"},
    ControlScenario{.number = 18,
                    .name = "bh_among_tasks",
                    .mistake = "local_bh_disable() against tasks that do not, 8 unpinned threads",
                    .idiom = "control_bh_among_tasks",
                    .counter = "plain",
                    .threads = Threads::unpinned,
                    .updates = 200'000,
                    .where = "PREEMPT_RT",
                    .why_not = needs_rt,
                    .rate = "up to 6 % of updates",
                    .right_way = "this_cpu_inc"},
    ControlScenario{.number = 19,
                    .name = "read_exactly",
                    .mistake = "percpu_counter_read() compared as if it were exact",
                    .idiom = "control_read_exactly",
                    .counter = "percpu_counter",
                    .caught_by = Catch::counted_twice,
                    .threads = Threads::one,
                    .updates = 10'000,
                    .where = "all SMP",
                    .why_not = needs_smp,
                    .rate = "nearly all updates",
                    .right_way = "percpu_counter_add"},
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
    case Catch::counted_twice:
      return "counted twice";
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
