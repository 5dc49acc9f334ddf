// SPDX-License-Identifier: GPL-2.0-only
//
// On which machines a mistake cannot show. Skips are judged by these words: what may be
// skipped where, scripts/data/targets/ says.
#include "control_conditions.hpp"

namespace percpu_scope {

std::string_view always(const Machine& /*machine*/) { return {}; }

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

std::string_view needs_rt(const Machine& machine) {
  return machine.info.has(PERCPU_SCOPE_FEATURE_RT)
             ? std::string_view{}
             : "bottom halves that are off keep all tasks out without PREEMPT_RT";
}

std::string_view needs_smp(const Machine& machine) {
  return machine.info.has(PERCPU_SCOPE_FEATURE_SMP)
             ? std::string_view{}
             : "without SMP a percpu_counter is a plain number, and its reading exact";
}

std::string_view needs_two_cpus(const Machine& machine) {
  return machine.usable_cpus > 1 ? std::string_view{}
                                 : "it takes two CPUs, and there is one to use";
}

}  // namespace percpu_scope
