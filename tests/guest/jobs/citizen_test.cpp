// SPDX-License-Identifier: GPL-2.0-only
//
// Citizen: what else a kernel does while a job or a reader of ours runs for long. On
// kernels that preempt, a task that is in the kernel lets RCU-tasks wait unless it says
// otherwise; an optimised kprobe waits for that, and CPU hotplug, text patching and
// module loading wait for the kprobe. Source: kprobe_optimizer() in kernel/kprobes.c.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "percpu_scope/file_descriptor.hpp"
#include "support/device_test.hpp"
#include "support/module.hpp"

namespace percpu_scope::guest {
namespace {

using std::chrono::milliseconds;

constexpr const char* tracing = "/sys/kernel/debug/tracing";
constexpr const char* probe_list = "/sys/kernel/debug/kprobes/list";
// Whose first instructions are of several kinds, and that nothing in this machine calls.
constexpr std::array probed_functions{"do_statfs_native", "do_sys_times", "vfs_ustat"};
constexpr unsigned probe_offsets = 64;
// A grace period of RCU-tasks takes some tenths of a second, and one is waited for.
constexpr milliseconds citizen_limit{1500 * host_reserve};
// How long the optimiser takes to begin: it comes once in 5 jiffies.
constexpr milliseconds until_optimized{300};

// 0 or the errno of adding a line to one of tracefs' files.
Errno add_line(const std::string& file_name, const std::string& line) {
  const std::string path = std::string(tracing) + '/' + file_name;
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file) return {errno};
  return ::write(file.number(), line.data(), line.size()) < 0 ? Errno{errno} : Errno{};
}

// Who records the names of tasks has sched_switch rewritten each time that an event goes on
// or off, beneath all CPUs; seen once: an emulated one went on executing the breakpoint that
// had stood there meanwhile, for ever.
constexpr const char* record_names = "options/record-cmd";

// A kprobe in the midst of a function, where the kernel makes a jump of it.
class Probe {
 public:
  explicit Probe(const std::string& where)
      : failure_(add_line("kprobe_events", "p:citizen/probe " + where + '\n')) {
    if (failure_ == Errno{}) {
      EXPECT_EQ(add_line(record_names, "0"), Errno{});
      EXPECT_EQ(add_line("events/citizen/probe/enable", "1"), Errno{}) << where;
    }
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  Probe(Probe&&) = delete;
  Probe& operator=(Probe&&) = delete;
  ~Probe() {
    if (failure_ != Errno{}) return;
    EXPECT_EQ(add_line("events/citizen/probe/enable", "0"), Errno{});
    EXPECT_EQ(add_line("kprobe_events", "-:citizen/probe\n"), Errno{});
    EXPECT_EQ(add_line(record_names, "1"), Errno{});
  }

  [[nodiscard]] static bool is_optimized() {
    return read_file(probe_list).find("[OPTIMIZED]") != std::string::npos;
  }
  // Of planting it.
  [[nodiscard]] Errno failure() const { return failure_; }

 private:
  Errno failure_;
};

// Where a probe is optimised in this kernel; none if nowhere that is tried.
std::optional<std::string> optimizable_place() {
  Errno failure;
  for (const char* const function : probed_functions)
    for (unsigned offset = 1; offset < probe_offsets; ++offset) {
      const std::string place = std::string(function) + "+" + std::to_string(offset);
      const Probe probe(place);
      failure = probe.failure();
      if (failure == Errno{} && eventually(Probe::is_optimized, until_optimized)) return place;
    }
  std::printf("# no kprobe is optimised here; the last one: %s\n",
              std::generic_category().message(failure.number).c_str());
  return {};
}

// How long something took; none if it was not done within the limit. It is waited for
// until it is, once `let_go` has been called.
std::optional<milliseconds> duration_of(const std::function<void()>& act,
                                        const std::function<void()>& let_go) {
  const auto begin = std::chrono::steady_clock::now();
  std::future<void> done = std::async(std::launch::async, act);
  const bool in_time = done.wait_for(citizen_limit * slowness()) == std::future_status::ready;
  const auto took =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
  if (!in_time) let_go();
  done.get();
  if (!in_time) return {};
  return took;
}

class Citizen : public DeviceTest {
 public:
  void SetUp() override { place = optimizable_place(); }

  // What each of them takes; none if it was not done within the limit.
  using Durations = std::map<std::string, std::optional<milliseconds>>;

  // Does each of them, while what was started runs if anything was.
  Durations durations(const std::function<void()>& let_go) const {
    Durations all;
    const auto measure = [&](const std::string& what, const std::function<void()>& act) {
      const std::optional<milliseconds> took = duration_of(act, let_go);
      all[what] = took;
      std::printf("# %s: %s\n", what.c_str(),
                  took ? (std::to_string(took->count()) + " ms").c_str() : "not in time");
    };
    std::optional<Probe> probe;
    measure("planting a kprobe", [&] { probe.emplace(place.value_or("do_sys_times")); });
    if (place) {
      EXPECT_TRUE(eventually(Probe::is_optimized, until_optimized))
          << "INCONCLUSIVE: it was before";
    }
    std::this_thread::sleep_for(until_optimized);
    const std::vector<std::uint32_t> cpus = offlinable_cpus();
    if (!cpus.empty())
      measure("taking a CPU off and on line", [&] {
        set_online(cpus.back(), false);
        set_online(cpus.back(), true);
      });
    const std::string module = std::string(stock_modules) + "drop_monitor.ko";
    if (path_exists(module))
      measure("loading and unloading a module", [&] {
        EXPECT_EQ(load_module_file(module), Errno{});
        EXPECT_EQ(unload_module("drop_monitor"), Errno{});
      });
    measure("removing the kprobe", [&] { probe.reset(); });
    return all;
  }
  // Of those "" or what was late.
  std::string late_while_busy(const std::function<void()>& let_go) const {
    std::string late;
    for (const auto& [what, took] : durations(let_go))
      if (!took) late += what + "; ";
    return late;
  }

  std::optional<std::string> place;
};

TEST_F(Citizen, JobsOfAnyLengthKeepNobodyWaiting) {
  const Counter& counter = catalogue.static_counter(Storage::u64);
  for (const std::uint64_t updates : {UINT64_MAX, std::uint64_t{0}}) {
    device.reset(counter.id);
    Job job{.counter = counter.id,
            .idiom = catalogue.idiom("this_cpu_inc").id,
            .updates = updates,
            .contexts = {Context::hardirq},
            .period = milliseconds(1),
            .interruptions = UINT64_MAX};
    BackgroundJob background(device, catalogue.online.front(), job);
    ASSERT_TRUE(background.counts());
    EXPECT_EQ(late_while_busy([&] { background.interrupt(); }), "") << updates << " updates";
    background.interrupt();
    EXPECT_TRUE(background.result().interrupted);
  }
}

// What needs no more than a descriptor to read.
TEST_F(Citizen, ReadersOfAnyLengthKeepNobodyWaiting) {
  const Device reader(Access::read_only);
  const Counter& counter = catalogue.static_counter(Storage::u64_stats);
  device.reset(counter.id);
  VerifyResult result;
  SignalledThread thread([&] {
    result = reader.verify({.counter = counter.id,
                            .cpu = catalogue.online.front(),
                            .reads = UINT64_MAX,
                            .retries_max = 100});
  });
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(late_while_busy([&] { thread.signal_until_ended(); }), "");
  thread.signal_until_ended();
  thread.join();
  EXPECT_TRUE(result.interrupted);
  EXPECT_GT(result.done, 0U);
}

// The kernel has such a loop itself, with cond_resched() and no more: making random bytes.
// While it runs one of the same things must take many times what it takes else, or the
// tests above would see nothing. How long it may be kept waiting is up to how long one call
// takes, and no limit in seconds holds on every host. The bytes go from the kernel to
// /dev/null: on their way to memory of this process a page fault may wait for its
// mmap_lock, and a task that sleeps keeps RCU-tasks waiting no more. Source:
// get_random_bytes_user() in drivers/char/random.c, rcu_tasks_qs() in kernel/rcu.
TEST_F(Citizen, WhatOnlyCallsCondReschedIsCaught) {
  if (!place) GTEST_SKIP() << "no kprobe is optimised here";
  if (!catalogue.info.has(PERCPU_SCOPE_FEATURE_PREEMPT))
    GTEST_SKIP() << "this kernel takes no CPU from a task that is in it";
  const FileDescriptor random(::open("/dev/urandom", O_RDONLY | O_CLOEXEC));
  const FileDescriptor nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  std::atomic<bool> done = false;
  SignalledThread thread([&] {
    while (!done) {
      const ssize_t sent = ::sendfile(nowhere.number(), random.number(), nullptr, INT_MAX);
      rusage usage{};
      (void)::getrusage(RUSAGE_THREAD, &usage);
      std::printf("# one call: %zd bytes, slept %ld times\n", sent, usage.ru_nvcsw);
    }
  });
  const auto let_go = [&] {
    done = true;
    thread.signal_until_ended();
  };
  std::this_thread::sleep_for(milliseconds(50));
  const Durations busy = durations(let_go);
  let_go();
  thread.join();
  // A CPU that is busy makes much wait, too: nobody is kept waiting by a task in user space.
  std::atomic<bool> enough = false;
  SignalledThread spinning([&] {
    while (!enough) {
    }
  });
  const Durations else_busy = durations([] {});
  enough = true;
  spinning.join();
  const auto many_times = std::count_if(busy.begin(), busy.end(), [&](const auto& one) {
    const std::optional<milliseconds> else_takes = else_busy.at(one.first);
    return !one.second || (else_takes && *one.second > 4 * *else_takes);
  });
  EXPECT_GT(many_times, 0) << "INCONCLUSIVE: nothing was late";
}

}  // namespace
}  // namespace percpu_scope::guest
