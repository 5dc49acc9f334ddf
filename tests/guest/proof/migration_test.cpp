// SPDX-License-Identifier: GPL-2.0-only
//
// Migration: more threads than CPUs, sent from one CPU to another in the middle of a job,
// and robbed of them by each other. What is promised for tasks holds; what leaves
// preemption on loses. That they moved is what the kernel says of each thread: without
// it nothing is proved. And another CPU's copy: written from afar, and changed by asking
// that CPU.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "proof/pusher.hpp"
#include "support/generated.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::uint32_t threads_per_cpu = 4;
constexpr std::uint64_t migration_updates = 400'000;
constexpr std::uint64_t waiting_migration_updates = 200;
constexpr std::uint64_t remote_updates = 20'000;
constexpr int attempts = 5;
constexpr std::chrono::milliseconds slice{20};

// What the kernel counted of the threads while they were in jobs.
struct Moves {
  std::uint64_t migrations = 0;
  std::uint64_t preemptions = 0;

  [[nodiscard]] bool enough(std::size_t cpus) const {
    return preemptions > 0 && (migrations > 0 || cpus < 2);
  }
  [[nodiscard]] std::string text() const {
    return std::to_string(migrations) + " migrations, " + std::to_string(preemptions) +
           " preemptions";
  }
};

Moves moves_of(const HammerResult& result) {
  Moves moves;
  for (const JobResult& job : result.jobs) {
    moves.migrations += job.migrations;
    moves.preemptions += job.preemptions;
  }
  return moves;
}

Hammering unpinned(const DeviceTest& test, const Counter& counter, const Idiom& idiom) {
  const bool waits = idiom.runnable == ContextSet{Context::task};
  return {.counter = counter,
          .idiom = idiom,
          .cpus = {},
          .updates = waits ? waiting_migration_updates : migration_updates,
          .unpinned_threads =
              threads_per_cpu * static_cast<std::uint32_t>(test.catalogue.online.size()),
          .slice = slice};
}

std::string text_of(const DeviceTest& test, const Hammering& hammering,
                    const HammerResult& result) {
  ContextSet contexts = hammering.contexts;
  contexts.insert(Context::task);
  const std::string threads =
      hammering.unpinned_threads == 0
          ? std::string("one pinned thread each")
          : std::to_string(hammering.unpinned_threads) + " unpinned threads";
  return hammering.idiom.name + " on " + hammering.counter.name + " in " + to_string(contexts) +
         " on CPUs " + format_cpu_list(test.catalogue.online) + ", " + threads + ": " +
         ::percpu_scope::describe(result.fields, arithmetic_of(hammering.idiom));
}

void run_migration(const DeviceTest& test, const std::string& name, bool interrupted) {
  const Idiom& idiom = test.catalogue.idiom(name);
  const auto fitting = std::find_if(test.catalogue.counters.begin(), test.catalogue.counters.end(),
                                    [&](const Counter& counter) { return idiom.fits(counter); });
  ASSERT_NE(fitting, test.catalogue.counters.end());
  test.device.reset(fitting->id);
  Hammering hammering = unpinned(test, *fitting, idiom);
  if (interrupted) {
    hammering.contexts = idiom.conserved & ContextSet{Context::softirq, Context::hardirq};
    hammering.period = std::chrono::microseconds(100);
    hammering.interruptions = 20;
    hammering.updates /= 4;
  }
  Moves moves;
  // As many again as it takes: a scheduler that has no reason to move anybody is given one.
  for (int attempt = 0; attempt < attempts && !moves.enough(test.catalogue.online.size());
       ++attempt, hammering.updates *= 2) {
    HammerResult result;
    {
      const Pusher pusher(test.catalogue.online);
      result = hammer_on_cpus(test.device, hammering);
    }
    const Moves now = moves_of(result);
    moves.migrations += now.migrations;
    moves.preemptions += now.preemptions;
    EXPECT_TRUE(result.exact()) << text_of(test, hammering, result);
    EXPECT_GE(result.tally[Context::task], hammering.updates * hammering.unpinned_threads)
        << text_of(test, hammering, result);
  }
  ::testing::Test::RecordProperty("moves", moves.text());
  EXPECT_TRUE(moves.enough(test.catalogue.online.size()))
      << "INCONCLUSIVE: " << name << ": " << moves.text();
}

void generate_migration(const Catalogue& catalogue) {
  const ContextSet maskable{Context::softirq, Context::hardirq};
  for (const Idiom& idiom : catalogue.idioms) {
    if (idiom.is_control() || !idiom.conserved.contains(Context::task)) continue;
    add_test("Migration", idiom.name + "_conserves", __FILE__, __LINE__,
             [name = idiom.name](const DeviceTest& test) { run_migration(test, name, false); });
    if ((idiom.conserved & maskable).empty()) continue;
    add_test("Migration", idiom.name + "_conserves_interrupted", __FILE__, __LINE__,
             [name = idiom.name](const DeviceTest& test) { run_migration(test, name, true); });
  }
}

const GeneratedSuite migration_suite("Migration", generate_migration);

using MigrationToAnotherCpu = DeviceTest;

// Another job's interrupts are over: a task may write where they did, and with interrupts
// on. Nothing is lost by it anyway: where lockdep looks, its report would fail this.
TEST_F(MigrationToAnotherCpu, WhoseCopyInterruptsUpdatedBefore) {
  const std::uint32_t from = catalogue.online.front();
  const std::uint32_t to = catalogue.online.back();
  const std::pair<std::string_view, std::string_view> idioms[] = {
      {"write_seqcount_irqsave", "write_seqcount"},
      {"u64_stats_inc_irqsave", "u64_stats_inc"},
  };
  for (const auto& [interrupted, in_tasks] : idioms) {
    const Idiom& idiom = catalogue.idiom(in_tasks);
    const auto counter = std::find_if(catalogue.counters.begin(), catalogue.counters.end(),
                                      [&](const Counter& one) { return idiom.fits(one); });
    ASSERT_NE(counter, catalogue.counters.end());
    device.reset(counter->id);
    const JobResult interruptions = hammer_on(device, to,
                                              {.counter = counter->id,
                                               .idiom = catalogue.idiom(interrupted).id,
                                               .updates = 1,
                                               .contexts = {Context::softirq, Context::hardirq},
                                               .period = std::chrono::microseconds(100),
                                               .interruptions = 20});
    std::uint64_t issued = interruptions.tally.total();
    const auto there = [&] {
      return device.snapshot(std::array{counter->id}).value(counter->id, 0, catalogue.place_of(to));
    };
    const std::uint64_t before = there();
    BackgroundJob job(device, from,
                      {.counter = counter->id, .idiom = idiom.id, .updates = UINT64_MAX});
    ASSERT_TRUE(job.counts());
    job.move_to(to);
    EXPECT_TRUE(eventually([&] { return there() > before; })) << idiom.name << " did not move";
    job.interrupt();
    const JobResult moved = job.result();
    EXPECT_EQ(moved.migrations > 0, from != to) << "the kernel counts " << moved.migrations;
    EXPECT_EQ(moved.cpu, from) << "where it started";
    issued += moved.tally.total();
    EXPECT_EQ(sum(counter->id), issued) << idiom.name << " on " << counter->name;
  }
}

using MigrationControl = DeviceTest;

TEST_F(MigrationControl, PreemptibleReadAndWriteLosesBesideThoseThatDoNot) {
  if (!catalogue.info.has(PERCPU_SCOPE_FEATURE_PREEMPT))
    GTEST_SKIP() << "tasks are not preempted in this kernel: boot with preempt=full";
  const Counter& counter = catalogue.static_counter(Storage::u64);
  Hammering control = unpinned(*this, counter, catalogue.idiom("control_read_write_preemptible"));
  control.finding = true;
  bool lost = false;
  for (int attempt = 0; attempt < attempts && !lost; ++attempt, control.updates *= 2) {
    device.reset(counter.id);
    const HammerResult result = hammer_on_cpus(device, control);
    EXPECT_GT(moves_of(result).preemptions, 0U) << "INCONCLUSIVE: nothing was ever preempted";
    lost = !result.exact();
    RecordProperty("control", text_of(*this, control, result));
    for (const char* const right : {"this_cpu_inc", "get_cpu_ptr", "this_cpu_ptr"}) {
      device.reset(counter.id);
      Hammering beside = control;
      beside.idiom = catalogue.idiom(right);
      beside.finding = false;
      const HammerResult kept = hammer_on_cpus(device, beside);
      EXPECT_TRUE(kept.exact()) << text_of(*this, beside, kept);
    }
  }
  EXPECT_TRUE(lost) << "INCONCLUSIVE: control_read_write_preemptible on plain in task lost nothing";
  device.reset(counter.id);
}

TEST_F(MigrationControl, RemoteWritesLoseAndRemoteCallsDoNot) {
  if (catalogue.online.size() < 2) GTEST_SKIP() << "another CPU's copy needs another CPU";
  const Counter& counter = catalogue.static_counter(Storage::u64);
  for (const char* const name : {"control_remote_increment", "control_remote_fold"}) {
    Hammering control{.counter = counter,
                      .idiom = catalogue.idiom(name),
                      .cpus = catalogue.online,
                      .updates = remote_updates,
                      .finding = true};
    bool lost = false;
    for (int attempt = 0; attempt < attempts && !lost; ++attempt, control.updates *= 4) {
      device.reset(counter.id);
      const HammerResult result = hammer_on_cpus(device, control);
      lost = !result.exact();
      RecordProperty(name, text_of(*this, control, result));
    }
    EXPECT_TRUE(lost) << "INCONCLUSIVE: " << name << " on plain in task lost nothing";
  }
  device.reset(counter.id);
  const Hammering call{.counter = counter,
                       .idiom = catalogue.idiom("smp_call_this_cpu_inc"),
                       .cpus = catalogue.online,
                       .updates = 2'000};
  const HammerResult result = hammer_on_cpus(device, call);
  EXPECT_TRUE(result.exact()) << text_of(*this, call, result);
  // And it was the other CPUs' copies that changed: all of them, by the ring.
  const std::array ids{counter.id};
  const Snapshot snapshot = device.snapshot(ids);
  for (const std::uint32_t cpu : catalogue.online)
    EXPECT_GT(snapshot.value(counter.id, 0, catalogue.place_of(cpu)), 0U) << "CPU " << cpu;
  device.reset(counter.id);
}

}  // namespace
}  // namespace percpu_scope::guest
