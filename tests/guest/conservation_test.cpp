// SPDX-License-Identifier: GPL-2.0-only
//
// Conservation: what jobs say they issued is what the counter gained, for every
// correct idiom on every counter that it fits, in every mix of contexts that it
// promises, from one CPU to all of them. Each combination is a test.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "generated.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::chrono::microseconds period{50};
constexpr std::uint64_t first_updates = 10'000;
// Far more than a thousand periods, however slow the machine.
constexpr std::uint64_t most_updates = 50'000'000;

struct Case {
  std::string idiom;
  std::string counter;
  std::vector<std::uint32_t> cpus;
  ContextSet contexts;
};

bool has_own_copies(Storage storage) {
  return storage != Storage::atomic64 && storage != Storage::spinlock &&
         storage != Storage::percpu_counter;
}

void expect_each_cpu_has_its_own(const DeviceTest& test, const Counter& counter,
                                 Arithmetic arithmetic, const HammerResult& result,
                                 const Record& before, const Record& after) {
  std::vector<std::uint64_t> updates(test.catalogue.cpus.size());
  for (const JobResult& job : result.jobs)
    updates.at(test.catalogue.place_of(job.cpu)) += job.tally.total();
  for (std::size_t cpu = 0; cpu < updates.size(); ++cpu)
    for (std::size_t field = 0; field < counter.fields.size(); ++field)
      EXPECT_EQ(subtract(arithmetic, after.value(field, cpu), before.value(field, cpu)),
                gain(arithmetic, updates[cpu], counter.fields[field].weight))
          << counter.fields[field].name << " of CPU " << test.catalogue.cpus[cpu].number;
}

bool all_contexts_came(const HammerResult& result, ContextSet contexts) {
  return std::all_of(result.jobs.begin(), result.jobs.end(), [contexts](const JobResult& job) {
    return std::all_of(all_contexts.begin(), all_contexts.end(), [&](Context context) {
      return !contexts.contains(context) || job.tally[context] > 0;
    });
  });
}

void run(const DeviceTest& test, const Case& wanted) {
  const Device& device = test.device;
  const Counter& counter = test.catalogue.counter(wanted.counter);
  const Idiom& idiom = test.catalogue.idiom(wanted.idiom);
  const std::array ids{counter.id};
  // A pattern can only follow a pattern.
  device.reset(counter.id);

  Hammering hammering{.counter = counter, .idiom = idiom, .cpus = wanted.cpus};
  hammering.contexts = wanted.contexts;
  if (!wanted.contexts.empty()) hammering.period = period;
  for (hammering.updates = first_updates;; hammering.updates *= 4) {
    ASSERT_LE(hammering.updates, most_updates) << "a context that was asked for never came";
    const Snapshot before = device.snapshot(ids);
    const HammerResult result = hammer_on_cpus(device, hammering);
    const Snapshot after = device.snapshot(ids);

    ASSERT_EQ(result.jobs.size(), wanted.cpus.size());
    for (std::size_t i = 0; i < result.jobs.size(); ++i) {
      EXPECT_EQ(result.jobs[i].cpu, wanted.cpus[i]);
      EXPECT_EQ(result.jobs[i].tally[Context::task], hammering.updates);
      for (const Context context : all_contexts)
        if (context != Context::task && !wanted.contexts.contains(context)) {
          EXPECT_EQ(result.jobs[i].tally[context], 0U) << to_string(context);
        }
    }
    EXPECT_FALSE(result.interrupted);
    EXPECT_FALSE(result.cpu_went_down);
    ASSERT_EQ(result.fields.size(), counter.fields.size());
    for (const Conservation& field : result.fields)
      EXPECT_EQ(field.issued, field.counted)
          << field.field << " lost " << static_cast<std::int64_t>(field.lost);
    if (has_own_copies(counter.storage))
      expect_each_cpu_has_its_own(test, counter, arithmetic_of(idiom), result,
                                  before.record(counter.id), after.record(counter.id));
    if (::testing::Test::HasFailure() || all_contexts_came(result, wanted.contexts)) return;
  }
}

struct CpuChoice {
  std::string name;
  std::vector<std::uint32_t> cpus;
};

std::vector<CpuChoice> cpu_choices(const std::vector<std::uint32_t>& online) {
  std::vector<CpuChoice> choices{{"1cpu", {online.front()}}};
  if (online.size() >= 2) choices.push_back({"2cpus", {online[0], online[1]}});
  if (online.size() >= 3) choices.push_back({std::to_string(online.size()) + "cpus", online});
  return choices;
}

std::vector<ContextSet> subsets(ContextSet promised, const std::vector<Context>& interfering) {
  std::vector<ContextSet> sets{ContextSet{}};
  for (const Context context : interfering) {
    if (!promised.contains(context)) continue;
    const std::size_t count = sets.size();
    for (std::size_t i = 0; i < count; ++i) sets.push_back(sets[i] | ContextSet{context});
  }
  return sets;
}

std::string name_of(ContextSet contexts) {
  std::string name = "task";
  if (!contexts.empty()) name += "_" + to_string(contexts);
  std::replace(name.begin(), name.end(), ',', '_');
  return name;
}

void generate(const Catalogue& catalogue) {
  const auto add = [](const std::string& cpus, const Case& wanted) {
    add_test("Conservation",
             wanted.idiom + "_on_" + wanted.counter + "_" + cpus + "_" + name_of(wanted.contexts),
             __FILE__, __LINE__, [wanted](const DeviceTest& test) { run(test, wanted); });
  };
  for (const Idiom& idiom : catalogue.idioms) {
    if (idiom.is_control()) continue;
    for (const Counter& counter : catalogue.counters) {
      if (!idiom.fits(counter) || counter.origin != Origin::static_) continue;
      for (const CpuChoice& choice : cpu_choices(catalogue.online))
        for (const ContextSet contexts : subsets(idiom.conserved, catalogue.interfering()))
          add(choice.name, {idiom.name, counter.name, choice.cpus, contexts});
      // Two tasks that take turns on one CPU are one context, and promised as such.
      const std::uint32_t cpu = catalogue.online.front();
      add("2threads_1cpu", {idiom.name, counter.name, {cpu, cpu}, {}});
    }
  }
}

const GeneratedSuite suite("Conservation", generate);

}  // namespace
}  // namespace percpu_scope::guest
