// SPDX-License-Identifier: GPL-2.0-only
//
// Conservation: beyond the matrix, on every counter that a correct idiom fits:
// each CPU's copy has what that CPU issued, and no more; and tasks that take
// turns on one CPU lose nothing to each other.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "support/generated.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::chrono::microseconds conservation_period{50};
constexpr std::uint64_t conservation_updates = 10'000;
constexpr std::uint64_t waiting_conservation_updates = 100;
constexpr std::uint64_t interruptions = 40;
// Until two threads on one CPU were seen to take turns: four times as many each time.
constexpr int turns_attempts = 7;

struct Case {
  std::string idiom;
  std::string counter;
  std::vector<std::uint32_t> cpus;
  ContextSet contexts;
};

// What each CPU counted is in its own copy, for good.
bool has_own_copies(const DeviceTest& test, const Counter& counter) {
  return !counter.folds() && !test.device.copies(counter.id).empty();
}

void expect_each_cpu_has_its_own(const DeviceTest& test, const Counter& counter,
                                 Arithmetic arithmetic, const HammerResult& result,
                                 const Record& before, const Record& after,
                                 const std::string& what) {
  std::vector<std::uint64_t> updates(test.catalogue.cpus.size());
  for (const JobResult& job : result.jobs)
    updates.at(test.catalogue.place_of(job.cpu)) += job.tally.total();
  for (std::size_t cpu = 0; cpu < updates.size(); ++cpu)
    for (std::size_t field = 0; field < counter.fields.size(); ++field)
      EXPECT_EQ(subtract(arithmetic, after.value(field, cpu), before.value(field, cpu)),
                gain(arithmetic, updates[cpu], counter.fields[field].weight))
          << what << ", " << counter.fields[field].name << " of CPU "
          << test.catalogue.cpus[cpu].number;
}

void run_conservation(const DeviceTest& test, const Case& wanted) {
  const Device& device = test.device;
  const Counter& counter = test.catalogue.counter(wanted.counter);
  const Idiom& idiom = test.catalogue.idiom(wanted.idiom);
  const std::array ids{counter.id};
  // A pattern can only follow a pattern.
  device.reset(counter.id);

  const bool waits = idiom.runnable == ContextSet{Context::task};
  Hammering hammering{.counter = counter,
                      .idiom = idiom,
                      .cpus = wanted.cpus,
                      .updates = waits ? waiting_conservation_updates : conservation_updates,
                      .contexts = wanted.contexts};
  if (!wanted.contexts.empty()) {
    hammering.period = conservation_period;
    hammering.interruptions = interruptions;
  }
  const Snapshot before = device.snapshot(ids);
  const HammerResult result = hammer_on_cpus(device, hammering);
  const Snapshot after = device.snapshot(ids);

  const std::string what = wanted.idiom + " on " + wanted.counter + " in task," +
                           to_string(wanted.contexts) + " on CPUs " + format_cpu_list(wanted.cpus) +
                           ": " + ::percpu_scope::describe(result.fields, arithmetic_of(idiom));
  ASSERT_EQ(result.jobs.size(), wanted.cpus.size());
  for (std::size_t i = 0; i < result.jobs.size(); ++i) {
    EXPECT_EQ(result.jobs[i].cpu, wanted.cpus[i]);
    for (const Context context : all_contexts) {
      const std::uint64_t tally = result.jobs[i].tally[context];
      if (context == Context::task) {
        EXPECT_GE(tally, hammering.updates) << what;
      } else if (wanted.contexts.contains(context)) {
        EXPECT_GE(tally, interruptions) << what << ", " << to_string(context);
      } else {
        EXPECT_EQ(tally, 0U) << what << ", " << to_string(context);
      }
    }
  }
  EXPECT_FALSE(result.interrupted);
  EXPECT_FALSE(result.cpu_went_down);
  EXPECT_FALSE(result.misplaced) << what;
  EXPECT_EQ(result.fields.size(), counter.fields.size());
  EXPECT_TRUE(result.exact()) << what;
  // A remote call updates the other CPUs' copies, not the caller's.
  if (has_own_copies(test, counter) && !waits)
    expect_each_cpu_has_its_own(test, counter, arithmetic_of(idiom), result,
                                before.record(counter.id), after.record(counter.id), what);
}

// Two threads that each do all in one go have not shared the CPU: one of them must have
// lost it in the middle of its job.
void run_turns(const DeviceTest& test, const Case& wanted) {
  const Counter& counter = test.catalogue.counter(wanted.counter);
  const Idiom& idiom = test.catalogue.idiom(wanted.idiom);
  const bool waits = idiom.runnable == ContextSet{Context::task};
  Hammering hammering{.counter = counter,
                      .idiom = idiom,
                      .cpus = wanted.cpus,
                      .updates = waits ? waiting_conservation_updates : conservation_updates};
  std::uint64_t preemptions = 0;
  for (int attempt = 0; attempt < turns_attempts && preemptions == 0;
       ++attempt, hammering.updates *= 4) {
    test.device.reset(counter.id);
    const HammerResult result = hammer_on_cpus(test.device, hammering);
    for (const JobResult& job : result.jobs) {
      preemptions += job.preemptions;
      EXPECT_EQ(job.migrations, 0U) << "it was pinned";
      EXPECT_EQ(job.tally[Context::task], hammering.updates);
    }
    EXPECT_TRUE(result.exact()) << wanted.idiom << " on " << wanted.counter << ", two threads: "
                                << ::percpu_scope::describe(result.fields, arithmetic_of(idiom));
  }
  ::testing::Test::RecordProperty("preemptions", std::to_string(preemptions));
  EXPECT_GT(preemptions, 0U) << "INCONCLUSIVE: " << wanted.idiom << ": none lost the CPU";
}

std::string name_of(ContextSet contexts) {
  std::string name = "task";
  if (!contexts.empty()) name += "_" + to_string(contexts);
  std::replace(name.begin(), name.end(), ',', '_');
  return name;
}

void generate_conservation(const Catalogue& catalogue) {
  const auto add = [](const std::string& cpus, const Case& wanted, auto run) {
    add_test("Conservation",
             wanted.idiom + "_on_" + wanted.counter + "_" + cpus + "_" + name_of(wanted.contexts),
             __FILE__, __LINE__, [wanted, run](const DeviceTest& test) { run(test, wanted); });
  };
  for (const Idiom& idiom : catalogue.idioms) {
    if (idiom.is_control()) continue;
    // NMIs are in the matrix: they are slow where they are emulated.
    const ContextSet promised = idiom.conserved & ContextSet{Context::softirq, Context::hardirq};
    for (const Counter& counter : catalogue.counters) {
      if (!idiom.fits(counter) || counter.origin != Origin::static_) continue;
      add("all_cpus", {idiom.name, counter.name, catalogue.online, {}}, run_conservation);
      if (!promised.empty())
        add("all_cpus", {idiom.name, counter.name, catalogue.online, promised}, run_conservation);
      // Two tasks that take turns on one CPU are one context, and promised as such.
      const std::uint32_t cpu = catalogue.online.front();
      add("2threads_1cpu", {idiom.name, counter.name, {cpu, cpu}, {}}, run_turns);
    }
  }
}

const GeneratedSuite conservation_suite("Conservation", generate_conservation);

}  // namespace
}  // namespace percpu_scope::guest
