// SPDX-License-Identifier: GPL-2.0-only
//
// The matrix: every idiom in every combination of contexts on one, two and all
// CPUs, what is to come of it by the module's own word, and a run that holds
// the module to it. The table comes from the module's list of idioms alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/device.hpp"
#include "percpu_scope/prove/conservation.hpp"
#include "percpu_scope/requests.hpp"

namespace percpu_scope {

enum class Expectation {
  conserved,  // promised: every update counts
  refused,    // EOPNOTSUPP, as a finding, too: it would hang, or cannot be generated
  finding,    // EOPNOTSUPP, unless as a finding: then it runs, and may lose
};
std::string_view to_string(Expectation expectation);

// The contexts that updates can come from on this kernel.
ContextSet generatable_contexts(const Info& info);

// What tasks keep out of their updates: softirqs, if they turn bottom halves off (Job::bh_off).
// With PREEMPT_RT these are threads, and need not wait.
ContextSet kept_out_by_tasks(const Info& info, bool bh_off);

// By the idiom's word; `contexts` are all that update, task among them or not. What the task
// itself keeps out comes before or after its updates, as other tasks do.
Expectation expectation_of(const Idiom& idiom, ContextSet contexts, ContextSet generatable,
                           ContextSet kept_out = {});

struct Combination {
  Counter counter;
  Idiom idiom;
  ContextSet contexts;              // that update, task among them or not; never empty
  std::vector<std::uint32_t> cpus;  // one pinned thread each
  Expectation expectation = Expectation::conserved;
  bool bh_off = false;  // tasks update with bottom halves off

  // "this_cpu_inc on plain in task,hardirq on CPUs 0-1".
  [[nodiscard]] std::string describe() const;
  // A name for a test: letters, digits and '_' only, different for each.
  [[nodiscard]] std::string test_name() const;
};

// All combinations, each idiom on the first of `counters` that it fits. Idioms
// that fit none are left out. {1, 2, all} of `online`, each once.
std::vector<Combination> matrix_of(const Info& info, std::span<const Counter> counters,
                                   std::span<const Idiom> idioms,
                                   std::span<const std::uint32_t> online);
// The module's own, over its static counters and all of its idioms.
std::vector<Combination> matrix_of(const Device& device);

// Each idiom of the module's in tasks that turn bottom halves off, with every combination of
// other contexts, on all CPUs.
std::vector<Combination> bh_off_matrix_of(const Device& device);

// How much a run of one combination does.
struct MatrixLoad {
  std::uint64_t updates = 20'000;     // per CPU, if task is one of the contexts
  std::uint64_t interruptions = 200;  // at least, per other context and CPU
  // The same where NMIs are among them: an emulated CPU takes milliseconds for each.
  std::uint64_t nmi_interruptions = 50;
  std::chrono::nanoseconds period = std::chrono::microseconds(50);
  // Where the idiom waits for other CPUs, which is slow.
  std::uint64_t waiting_updates = 500;
  std::stop_token stop{};
};

struct CombinationResult {
  bool good = false;
  // What happened, whether good or not: idiom, contexts, CPUs, counter, issued,
  // counted, lost; or which error came in place of which.
  std::string message;
  Tally tally;
  std::vector<Conservation> fields;
  std::uint64_t open_sections = 0;
  // Of a finding: did it lose anything?
  bool lossy = false;
  std::chrono::nanoseconds elapsed{0};
};

// Nobody else may update the counter meanwhile. What a finding did to the
// counter is zeroed, and so is a pattern's.
CombinationResult run_combination(const Device& device, const Combination& combination,
                                  const MatrixLoad& load = {});

// "issued 400, counted 398, lost 2 (packets)" for the first field that differs,
// else "issued 400, counted 400".
std::string describe(std::span<const Conservation> fields, Arithmetic arithmetic);

}  // namespace percpu_scope
