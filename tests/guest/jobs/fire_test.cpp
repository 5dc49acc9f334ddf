// SPDX-License-Identifier: GPL-2.0-only
//
// Fire: the same counters are hammered, read, verified, reset, destroyed and
// made again from many threads at once, by every entry point there is. Each
// call has an answer that the ABI documents; nothing hangs, leaks or counts
// where it should not.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>

#include "support/device_test.hpp"
#include "support/kernel_functions.hpp"
#include "support/module.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::chrono::seconds duration{3};
constexpr std::chrono::microseconds fire_period{100};

// What every thread does over and over, and what may come of it.
struct Action {
  std::string name;
  std::set<int> allowed;
  std::function<void()> act;
};

// Counts answers; only one that is not allowed is a failure.
class Answers {
 public:
  void add(const Action& action, int error_number) {
    const std::scoped_lock lock(mutex_);
    ++counts_[action.name][error_number];
    if (!action.allowed.contains(error_number)) wrong_.insert({action.name, error_number});
  }
  void expect_only_documented() const {
    for (const auto& [name, number] : wrong_)
      ADD_FAILURE() << name << " answered " << Errno{number} << ", " << counts_.at(name).at(number)
                    << " times";
    for (const auto& [name, counts] : counts_) {
      std::string text;
      for (const auto& [number, count] : counts) {
        std::ostringstream word;
        word << Errno{number};
        text += (text.empty() ? "" : ", ") + word.str() + " " + std::to_string(count);
      }
      ::testing::Test::RecordProperty(name, text);
    }
  }
  [[nodiscard]] std::uint64_t count(const std::string& name, int error_number) const {
    const auto counts = counts_.find(name);
    if (counts == counts_.end()) return 0;
    const auto found = counts->second.find(error_number);
    return found == counts->second.end() ? 0 : found->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::map<int, std::uint64_t>> counts_;
  std::set<std::pair<std::string, int>> wrong_;
};

class Fire {
 public:
  Fire()
      : catalogue_(Catalogue::read(device_)),
        untouched_(device_, {.name = "fire-untouched"}),
        id_(device_.create({.name = "fire"})) {
    hammering();
    reading();
    changing();
  }

  void burn() {
    std::atomic<bool> done = false;
    std::vector<std::unique_ptr<SignalledThread>> threads;
    for (const Action& action : actions_)
      for (int copy = 0; copy < 2; ++copy)
        threads.push_back(std::make_unique<SignalledThread>([this, &action, &done] {
          while (!done) answers_.add(action, errno_of(action.act).number);
        }));
    const auto end = std::chrono::steady_clock::now() + duration;
    const Counter bystander = untouched_.describe();
    while (std::chrono::steady_clock::now() < end) {
      const HammerResult result =
          hammer_on_cpus(device_, {.counter = bystander,
                                   .idiom = catalogue_.idiom("this_cpu_inc"),
                                   .cpus = catalogue_.online,
                                   .updates = 2'000,
                                   .contexts = {Context::softirq, Context::hardirq},
                                   .period = fire_period});
      issued_ += result.issued();
      EXPECT_TRUE(result.exact())
          << "this_cpu_inc on fire-untouched in task,softirq,hardirq on CPUs "
          << format_cpu_list(catalogue_.online) << ": "
          << ::percpu_scope::describe(result.fields, Arithmetic::sum);
    }
    done = true;
    for (const auto& thread : threads) EXPECT_NO_THROW(thread->join());
    const std::array ids{bystander.id};
    EXPECT_EQ(device_.snapshot(ids).sum(bystander.id, 0), issued_) << "somebody else counted here";
    (void)errno_of([&] { device_.destroy(id_); });
  }

  void expect_defined_answers() const {
    answers_.expect_only_documented();
    // The fire was one: each side has met the other.
    for (const char* const name : {"hammer", "snapshot", "copies", "verify"}) {
      EXPECT_GT(answers_.count(name, 0), 0U) << name << " never succeeded";
    }
    EXPECT_GT(answers_.count("destroy", 0), 0U);
    EXPECT_GT(answers_.count("create", 0), 0U);
    EXPECT_GT(answers_.count("hammer", ENOENT) + answers_.count("snapshot", ENOENT), 0U)
        << "INCONCLUSIVE: nobody ever met a counter that was gone";
    EXPECT_GT(answers_.count("reset a static one", EBUSY), 0U)
        << "INCONCLUSIVE: no reset ever met a job";
  }

 private:
  void add(const std::string& name, std::set<int> allowed, const std::function<void()>& act) {
    allowed.insert(0);
    actions_.push_back({.name = name, .allowed = std::move(allowed), .act = act});
  }

  void hammering() {
    const IdiomId inc = catalogue_.idiom("this_cpu_inc").id;
    const CounterId plain = catalogue_.counter("plain").id;
    // Busy while calls are counted into it.
    add("hammer", {ENOENT, EBUSY}, [this, inc] {
      (void)device_.hammer({.counter = id_,
                            .idiom = inc,
                            .updates = 500,
                            .contexts = {Context::softirq, Context::hardirq},
                            .period = fire_period});
    });
    add("hammer a static one", {}, [this, inc, plain] {
      (void)device_.hammer({.counter = plain, .idiom = inc, .updates = 500});
    });
    const CounterId stats = catalogue_.counter("stats").id;
    const IdiomId pattern = catalogue_.pattern_idiom_for(Storage::u64_stats).id;
    add("write a pattern", {}, [this, stats, pattern] {
      (void)device_.hammer({.counter = stats, .idiom = pattern, .updates = 500});
    });
    add("inject", {ENOENT, EBUSY}, [this] {
      (void)device_.hammer({.counter = id_,
                            .idiom = catalogue_.idiom("control_read_write").id,
                            .updates = 50,
                            .finding = true,
                            .inject = true});
    });
  }

  void reading() {
    const CounterId plain = catalogue_.counter("plain").id;
    const CounterId stats = catalogue_.counter("stats").id;
    const std::uint32_t cpu = catalogue_.online.back();
    add("snapshot", {ENOENT}, [this, plain, stats] {
      const std::array<CounterId, 3> ids{plain, id_, stats};
      (void)device_.snapshot(ids);
    });
    add("copies", {ENOENT}, [this] { (void)device_.copies(id_); });
    add("list counters", {}, [this] { (void)device_.counters(); });
    add("describe the machine", {}, [this] {
      (void)device_.info();
      (void)device_.cpus();
      (void)device_.idioms();
    });
    add("verify", {ENODATA}, [this, stats, cpu] {
      (void)device_.verify({.counter = stats, .cpu = cpu, .reads = 500, .retries_max = 100});
    });
    add("verify what may be gone", {ENOENT, ENODATA}, [this, cpu] {
      (void)device_.verify({.counter = id_, .cpu = cpu, .reads = 500, .retries_max = 100});
    });
    for (const char* const file : {"info", "counters", "values", "offsets", "idioms"})
      add(std::string("debugfs ") + file, {},
          [name = std::string(file)] { (void)Debugfs().read(name); });
    // A file that goes while it is open answers EIO.
    for (const char* const file : {"values", "copies"})
      add(std::string("debugfs of one, ") + file, {ENOENT, EIO},
          [name = std::string("counter/fire/") + file] { (void)Debugfs().read(name); });
  }

  void changing() {
    const CounterId plain = catalogue_.counter("plain").id;
    const CounterId stats = catalogue_.counter("stats").id;
    add("reset", {ENOENT, EBUSY}, [this] { device_.reset(id_); });
    add("reset a static one", {EBUSY}, [this, plain, stats] {
      device_.reset(plain);
      device_.reset(stats);
    });
    add("destroy a static one", {EPERM}, [this, plain] { device_.destroy(plain); });
    add("destroy", {ENOENT}, [this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      device_.destroy(id_);
    });
    // The allocator may refuse what does not wait.
    add("create", {EEXIST, ENOMEM}, [this] {
      const std::array variants{Variant::alloc_percpu, Variant::alloc_percpu_sized,
                                Variant::alloc_percpu_gfp};
      id_ = device_.create({.name = "fire", .variant = variants[created_++ % variants.size()]});
    });
    if (!catalogue_.info.has(PERCPU_SCOPE_FEATURE_KPROBES)) return;
    add("count calls", {ENOENT, EBUSY}, [this] { device_.count_calls(id_, probed_); });
    add("stop calls", {ENOENT}, [this] { (void)device_.stop_calls(id_); });
    // Its descriptor closes while it counts.
    add("count calls, and close", {ENOENT, EBUSY},
        [this] { Device(Access::read_write).count_calls(id_, probed_); });
  }

  const Device device_{Access::read_write};
  const Catalogue catalogue_;
  OwnedCounter untouched_;
  const std::string probed_ = entry_of_getsid();
  std::atomic<CounterId> id_;
  std::atomic<std::uint32_t> created_ = 0;
  std::vector<Action> actions_;
  Answers answers_;
  std::uint64_t issued_ = 0;
};

// What the per-CPU allocator has once it has given back what it gives back.
std::uint64_t settled_percpu_kilobytes() {
  std::uint64_t now = percpu_kilobytes();
  EXPECT_TRUE(eventually([&] {
    const std::uint64_t before = now;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    now = percpu_kilobytes();
    return now == before;
  }));
  return now;
}

// Without a descriptor of its own: the module is to be unloaded.
TEST(FireAndReload, EveryEntryPointAtOnce) {
  std::uint64_t start = 0;
  for (int round = 0; round < 2; ++round) {
    Fire fire;
    fire.burn();
    fire.expect_defined_answers();
    // The first round may add what the allocator keeps in reserve.
    if (round == 0) start = settled_percpu_kilobytes();
  }
  std::uint64_t end = 0;
  EXPECT_TRUE(
      eventually([&] { return (end = percpu_kilobytes()) <= start; }, std::chrono::seconds(10)))
      << "Percpu: " << start << " kB after one round, " << end << " kB after two";
  {
    const Device device(Access::read_write);
    EXPECT_EQ(device.info().dynamic_counters, 0U) << "counters were left behind";
    for (const Counter& counter : device.counters()) EXPECT_ERRNO(0, device.reset(counter.id));
  }
  const ModuleRestorer restorer;
  EXPECT_EQ(unload_module(), Errno{});
}

}  // namespace
}  // namespace percpu_scope::guest
