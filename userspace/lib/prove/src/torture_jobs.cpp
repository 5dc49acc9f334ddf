// SPDX-License-Identifier: GPL-2.0-only
//
// The random jobs of torture: pure functions of a seed.
#include "percpu_scope/prove/torture_jobs.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace percpu_scope {
namespace {

// Jobs of some ten milliseconds: many of them, and a stop is heeded at once.
constexpr std::uint64_t updates_doublings = 17;
constexpr std::uint64_t waiting_doublings = 7;  // idioms that wait for other CPUs
constexpr std::uint64_t interruptions_most = 150;
constexpr std::uint64_t nmis_most = 10;
// Several workers' generators can meet on one CPU, which must get on with it.
constexpr std::uint64_t period_least_us = 50;
constexpr std::uint64_t period_range_us = 450;

// What interrupts a task, or one another, on any machine.
constexpr ContextSet interruptible{Context::task, Context::softirq, Context::hardirq};

constexpr std::array dynamic_variants{Variant::alloc_percpu, Variant::alloc_percpu_sized,
                                      Variant::alloc_percpu_gfp};

}  // namespace

std::vector<TortureCell> torture_cells(const Info& info, std::span<const Idiom> idioms,
                                       std::span<const std::string> idiom_names,
                                       ContextSet contexts) {
  for (const std::string& name : idiom_names) (void)find_idiom(idioms, name);
  const ContextSet generatable = generatable_contexts(info);
  std::vector<TortureCell> cells;
  for (const Idiom& idiom : idioms) {
    const bool named =
        std::find(idiom_names.begin(), idiom_names.end(), idiom.name) != idiom_names.end();
    if (idiom.is_control() || (!idiom_names.empty() && !named)) continue;
    for (std::uint32_t mask = 1; mask < context_sets; ++mask) {
      const ContextSet asked(mask);
      if (!generatable.contains(asked) || (!contexts.empty() && !contexts.contains(asked)))
        continue;
      const bool may_turn_bh_off = asked.contains({Context::task, Context::softirq});
      for (const bool bh_off : {false, true}) {
        if (bh_off && !may_turn_bh_off) continue;
        const Expectation expectation =
            expectation_of(idiom, asked, generatable, kept_out_by_tasks(info, bh_off));
        // What cannot be created is there once, for all workers: a finding would take from what
        // another one's job is promised, and KCSAN would call that job's updates a race. Nor
        // do all tasks turn bottom halves off there.
        const bool for_all = expectation != Expectation::finding &&
                             (!bh_off || idiom.conserved.contains(Context::softirq));
        if (!idiom.is_dynamic() && !for_all) continue;
        cells.push_back(
            {.idiom = idiom, .contexts = asked, .expectation = expectation, .bh_off = bh_off});
      }
    }
  }
  return cells;
}

TortureSequence::TortureSequence(std::vector<TortureCell> cells, std::uint64_t seed,
                                 std::uint32_t worker, std::size_t possible_cpus)
    : cells_(std::move(cells)), worker_(worker), possible_cpus_(possible_cpus) {
  if (cells_.empty() || possible_cpus_ == 0)
    throw std::invalid_argument("nothing to torture with these idioms and contexts");
  std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                         worker};
  random_.seed(sequence);
}

// Not std::uniform_int_distribution: what that makes of a seed is its library's
// business, and a seed is to mean the same everywhere.
std::uint64_t TortureSequence::below(std::uint64_t bound) { return random_() % bound; }

TortureJob TortureSequence::next() {
  TortureJob job;
  job.number = number_++;
  // Findings and refusals are run now and then; promises are what is to be broken.
  do {
    job.cell = cells_[below(cells_.size())];
  } while (job.cell.expectation != Expectation::conserved && !one_in(8));
  const Idiom& idiom = job.cell.idiom;
  job.counter = idiom.is_dynamic() ? TortureCounter::own : TortureCounter::shared;
  // A shared counter must not lose by design, and holds sums, not patterns. Other workers'
  // interrupts meet this job's updates there: whoever is safe in tasks alone stays away.
  if (job.cell.expectation == Expectation::conserved && !idiom.is_pattern() &&
      idiom.conserved.contains(interruptible) && one_in(3))
    job.counter = TortureCounter::shared;
  // Each has a CPU that is its own, so that all are at work, and goes to others now and then.
  const std::uint64_t elsewhere = below(possible_cpus_);
  job.cpu_index = one_in(4) ? elsewhere : worker_ % possible_cpus_;
  job.pinned = !one_in(4);
  const bool waits = idiom.runnable == ContextSet{Context::task};
  const std::uint64_t most = std::uint64_t{1}
                             << below(waits ? waiting_doublings : updates_doublings + 1);
  const std::uint64_t updates = 1 + below(most);
  job.updates = job.cell.contexts.contains(Context::task) ? updates : 0;
  const bool interferes = job.cell.contexts != ContextSet{Context::task};
  const std::uint64_t interruptions =
      1 + below(job.cell.contexts.contains(Context::nmi) ? nmis_most : interruptions_most);
  const std::uint64_t period_us = period_least_us + below(period_range_us);
  if (interferes) {
    job.interruptions = interruptions;
    job.period = std::chrono::microseconds(period_us);
  }
  job.recreate = one_in(10);
  job.variant = dynamic_variants[below(dynamic_variants.size())];
  job.reset = one_in(10);
  return job;
}

std::string TortureJob::describe() const {
  std::string text = "job " + std::to_string(number) + ", " + cell.idiom.name + " in " +
                     to_string(cell.contexts) + (cell.bh_off ? " with bottom halves off" : "") +
                     " on " + (counter == TortureCounter::own ? "an own " : "the shared ") +
                     to_string(cell.idiom.storage) + ", " + std::to_string(updates) + " updates";
  if (interruptions > 0)
    text += ", " + std::to_string(interruptions) + " interruptions every " +
            std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(period).count()) +
            " us";
  return text + (pinned ? ", pinned" : ", not pinned");
}

}  // namespace percpu_scope
