// SPDX-License-Identifier: GPL-2.0-only
//
// Hotplug: CPUs go off and on line while every context counts on them. Nothing
// is lost: copies outlive their CPU, and the sum is over all possible ones.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "support/device_test.hpp"
#include "support/module.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::uint64_t cycles_wanted = 80;
constexpr std::chrono::minutes storm_limit{4};
// Ten threads with generators of their own on two CPUs: room for hotplug, too.
constexpr std::chrono::microseconds hotplug_period{500};
constexpr std::uint64_t seed = 1;

// However a test ends, the CPUs that were online when it began are again.
class CpusRestorer {
 public:
  CpusRestorer() = default;
  CpusRestorer(const CpusRestorer&) = delete;
  CpusRestorer& operator=(const CpusRestorer&) = delete;
  CpusRestorer(CpusRestorer&&) = delete;
  CpusRestorer& operator=(CpusRestorer&&) = delete;
  ~CpusRestorer() {
    for (const std::uint32_t cpu : cpus_) {
      // Writing what it is already is an error of no interest.
      (void)errno_of([&] { set_online(cpu, true); });
    }
    EXPECT_EQ(offlinable_cpus(), cpus_) << "a CPU stayed offline";
  }

 private:
  std::vector<std::uint32_t> cpus_ = offlinable_cpus();
};

// One idiom on one counter, hammered by a thread for each possible CPU.
struct Load {
  Counter counter;
  Idiom idiom;
  ContextSet contexts;
  std::atomic<std::uint64_t> issued = 0;
  std::atomic<std::uint64_t> jobs = 0;
  std::atomic<std::uint64_t> went_down = 0;
  std::atomic<std::uint64_t> busy = 0;
  std::array<std::atomic<std::uint64_t>, context_count> tally{};

  void work(const Device& device, std::uint32_t cpu, const std::atomic<bool>& done) {
    Job job{.counter = counter.id,
            .idiom = idiom.id,
            .updates = 3000,
            .contexts = contexts,
            .period = hotplug_period,
            .interruptions = 5};
    for (std::uint64_t round = 0; !done; ++round) {
      // Tasks leave a CPU long before its timers are stopped: only a job that
      // takes longer than that still has generators then.
      const bool is_long = round % 2 == 0 && !contexts.contains(Context::nmi);
      job.interruptions = is_long ? 200 : 5;
      // Back on the CPU as soon as it is, so that it never goes down idle. A job
      // under way then goes on wherever the scheduler puts its thread.
      if (errno_of([&] { pin_this_thread(cpu); }) != Errno{}) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
      try {
        const JobResult result = device.hammer(job);
        issued += result.issued();
        ++jobs;
        went_down += result.cpu_went_down ? 1 : 0;
        for (const Context context : all_contexts)
          tally[static_cast<std::size_t>(context)] += result.tally[context];
      } catch (const Error& error) {
        // Only NMIs can be another job's; threads meet when a CPU is offline.
        if (error.error_number() != EBUSY || !contexts.contains(Context::nmi)) throw;
        ++busy;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    }
  }

  [[nodiscard]] std::string text(const std::vector<Cpu>& cpus) const {
    std::vector<std::uint32_t> numbers;
    numbers.reserve(cpus.size());
    for (const Cpu& cpu : cpus) numbers.push_back(cpu.number);
    ContextSet all = contexts;
    all.insert(Context::task);
    std::string text = idiom.name + " on " + counter.name + " in " + to_string(all) + " on CPUs " +
                       format_cpu_list(numbers) + ": " + std::to_string(jobs) + " jobs, " +
                       std::to_string(went_down) + " lost their CPU, " + std::to_string(busy) +
                       " busy, updates";
    for (const Context context : all_contexts)
      text += " " + std::to_string(tally[static_cast<std::size_t>(context)]) + " in " +
              std::string(to_string(context));
    return text;
  }
};

// Without descriptors that outlive it: the module is to be unloaded.
class Storm {
 public:
  Storm() : catalogue_(Catalogue::read(device_)) {
    add("this_cpu_inc", "storm-u64", Storage::u64);
    add("local64_inc", "storm-local64", Storage::local64);
    add("u64_stats_inc_irqsave", "storm-stats", Storage::u64_stats);
    add("write_seqcount_irqsave", "storm-seqcount", Storage::seqcount);
    add("percpu_counter_add", {}, Storage::percpu_counter);
  }

  void rage() {
    std::atomic<bool> done = false;
    std::vector<std::unique_ptr<SignalledThread>> threads;
    for (const auto& load : loads_)
      for (const Cpu& cpu : catalogue_.cpus)
        threads.push_back(std::make_unique<SignalledThread>(
            [this, &load, cpu, &done] { load->work(device_, cpu.number, done); }));
    const auto start = std::chrono::steady_clock::now();
    HotplugStorm storm(offlinable_cpus(), seed);
    while (storm.cycles() < cycles_wanted &&
           std::chrono::steady_clock::now() - start < storm_limit * slowness())
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_NO_THROW(storm.stop());
    cycles_ = storm.cycles();
    done = true;
    for (const auto& thread : threads) EXPECT_NO_THROW(thread->join());
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    ::testing::Test::RecordProperty(
        "storm", std::to_string(cycles_) + " cycles in " + std::to_string(elapsed.count()) + " s");
  }

  void expect_nothing_lost() const {
    EXPECT_GE(cycles_, cycles_wanted);
    std::uint64_t went_down = 0;
    for (const auto& load : loads_) {
      const std::string what = load->text(catalogue_.cpus);
      ::testing::Test::RecordProperty(load->counter.name, what);
      went_down += load->went_down;
      const std::array ids{load->counter.id};
      const Snapshot snapshot = device_.snapshot(ids);
      for (std::size_t field = 0; field < load->counter.fields.size(); ++field) {
        const std::uint64_t issued = load->issued * load->counter.fields[field].weight;
        const std::uint64_t counted = snapshot.sum(load->counter.id, field);
        EXPECT_EQ(counted, issued)
            << what << "; " << load->counter.fields[field].name << " issued " << issued
            << ", counted " << counted << ", lost " << static_cast<std::int64_t>(issued - counted);
      }
      for (const Context context : all_contexts)
        if (context == Context::task || load->contexts.contains(context)) {
          EXPECT_GT(load->tally[static_cast<std::size_t>(context)], 0U)
              << what << ": nothing in " << to_string(context);
        }
    }
    EXPECT_GT(went_down, 0U) << "INCONCLUSIVE: no job ever lost its CPU";
  }

 private:
  void add(const std::string& idiom, const std::string& name, Storage storage) {
    auto load = std::make_unique<Load>();
    load->idiom = catalogue_.idiom(idiom);
    ContextSet contexts = load->idiom.conserved & generatable_contexts(catalogue_.info);
    contexts.erase(Context::task);
    // NMIs are one job's at a time on each CPU: the first load's.
    if (!loads_.empty()) contexts.erase(Context::nmi);
    load->contexts = contexts;
    if (name.empty()) {
      load->counter = catalogue_.static_counter(storage);
      device_.reset(load->counter.id);
    } else {
      owned_.push_back(
          std::make_unique<OwnedCounter>(device_, Create{.name = name, .storage = storage}));
      load->counter = owned_.back()->describe();
    }
    loads_.push_back(std::move(load));
  }

  const Device device_{Access::read_write};
  const Catalogue catalogue_;
  std::vector<std::unique_ptr<OwnedCounter>> owned_;
  std::vector<std::unique_ptr<Load>> loads_;
  std::uint64_t cycles_ = 0;
};

TEST(HotplugStorms, NothingIsLostAndTheModuleGoes) {
  if (offlinable_cpus().empty()) GTEST_SKIP() << "no CPU can be taken offline";
  {
    const CpusRestorer cpus;
    Storm storm;
    storm.rage();
    storm.expect_nothing_lost();
  }
  const ModuleRestorer restorer;
  EXPECT_EQ(unload_module(), Errno{});
}

class Hotplug : public DeviceTest {
 public:
  void SetUp() override {
    if (offlinable.empty()) GTEST_SKIP() << "no CPU can be taken offline";
    device.reset(plain.id);
  }
  void TearDown() override {
    device.reset(plain.id);
    DeviceTest::TearDown();
  }
  [[nodiscard]] std::uint64_t value(std::uint32_t cpu) const {
    const std::array ids{plain.id};
    return device.snapshot(ids).value(plain.id, 0, catalogue.place_of(cpu));
  }

  CpusRestorer restorer;
  const std::vector<std::uint32_t> offlinable = offlinable_cpus();
  const Counter& plain = catalogue.static_counter(Storage::u64);
  const Idiom& inc = catalogue.idiom("this_cpu_inc");
};

TEST_F(Hotplug, TheSumOverOnlineCpusIsShort) {
  const std::uint32_t cpu = offlinable.front();
  const HammerResult result = hammer_on_cpus(
      device, {.counter = plain, .idiom = inc, .cpus = catalogue.online, .updates = 12'345});
  ASSERT_TRUE(result.exact());
  OfflineCpu offline(cpu);
  const std::array ids{plain.id};
  const Snapshot snapshot = device.snapshot(ids);
  const std::vector<Cpu> cpus = device.cpus();
  std::uint64_t online_sum = 0;
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    EXPECT_EQ(cpus[i].online, cpus[i].number != cpu);
    if (cpus[i].online) online_sum += snapshot.value(plain.id, 0, i);
  }
  const std::string what = "this_cpu_inc on plain in task on CPUs " +
                           format_cpu_list(catalogue.online) + ", CPU " + std::to_string(cpu) +
                           " offline: issued " + std::to_string(result.issued()) +
                           ", over possible " + std::to_string(snapshot.sum(plain.id, 0)) +
                           ", over online " + std::to_string(online_sum);
  RecordProperty("sums", what);
  EXPECT_EQ(snapshot.sum(plain.id, 0), result.issued()) << what;
  EXPECT_EQ(result.issued() - online_sum, 12'345U) << what;
  // And debugfs sums as the ioctl does.
  for (const DebugfsCounter& row : Debugfs().counters())
    if (row.name == plain.name) {
      EXPECT_EQ(row.sum, result.issued()) << what;
    }
  offline.bring_back();
  EXPECT_EQ(value(cpu), 12'345U) << "coming back online changed the copy: " << what;
}

TEST_F(Hotplug, AJobSaysThatItsCpuWentDown) {
  const std::uint32_t cpu = offlinable.front();
  // It would wait for ever: only its CPU's end ends it.
  BackgroundJob job(device, cpu,
                    {.counter = plain.id,
                     .idiom = inc.id,
                     .contexts = {Context::softirq, Context::hardirq},
                     .period = hotplug_period,
                     .interruptions = UINT64_MAX});
  ASSERT_TRUE(job.counts());
  OfflineCpu offline(cpu);
  const JobResult result = job.result();
  EXPECT_TRUE(result.cpu_went_down);
  EXPECT_FALSE(result.interrupted);
  EXPECT_EQ(result.cpu, cpu);
  EXPECT_GT(result.tally[Context::hardirq], 0U);
  // Its generators have not moved to another CPU.
  EXPECT_EQ(sum(plain.id), result.tally.total());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(sum(plain.id), result.tally.total()) << "a generator outlived its CPU";
  EXPECT_EQ(value(cpu), result.tally.total()) << "it counted on another CPU's copy";
  offline.bring_back();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(sum(plain.id), result.tally.total()) << "a generator came back with its CPU";
}

TEST_F(Hotplug, ATaskGoesOnWithoutItsCpu) {
  const std::uint32_t cpu = offlinable.front();
  BackgroundJob job(device, cpu,
                    {.counter = plain.id,
                     .idiom = inc.id,
                     .updates = UINT64_MAX,
                     .contexts = {Context::softirq, Context::hardirq},
                     .period = hotplug_period});
  ASSERT_TRUE(job.counts());
  OfflineCpu offline(cpu);
  const std::uint64_t left = value(cpu);
  EXPECT_TRUE(eventually([&] { return sum(plain.id) > left; })) << "the task did not go on";
  EXPECT_EQ(value(cpu), left) << "an offline CPU's copy changed";
  job.interrupt();
  const JobResult result = job.result();
  EXPECT_TRUE(result.cpu_went_down);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(sum(plain.id), result.tally.total())
      << "this_cpu_inc on plain in task,softirq,hardirq: issued " << result.tally.total()
      << ", counted " << sum(plain.id);
  offline.bring_back();
}

TEST_F(Hotplug, AnOfflineCpusCopyIsReadAndReset) {
  const std::uint32_t cpu = offlinable.front();
  (void)hammer_on(device, cpu, {.counter = plain.id, .idiom = inc.id, .updates = 77});
  OfflineCpu offline(cpu);
  EXPECT_EQ(value(cpu), 77U);
  EXPECT_ERRNO(0, device.copies(plain.id));
  EXPECT_ERRNO(0, device.reset(plain.id));
  EXPECT_EQ(value(cpu), 0U);
  const TemporaryCounter made(device, {.name = "made-offline"});
  offline.bring_back();
  const JobResult result =
      hammer_on(device, cpu, {.counter = made.id(), .idiom = inc.id, .updates = 99});
  EXPECT_EQ(result.cpu, cpu);
  EXPECT_EQ(sum(made.id()), 99U) << "a CPU that was offline has no copy of a new counter";
}

}  // namespace
}  // namespace percpu_scope::guest
