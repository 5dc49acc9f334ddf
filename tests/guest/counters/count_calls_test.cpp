// SPDX-License-Identifier: GPL-2.0-only
//
// CountCalls: calls of a kernel function, counted on the CPU that makes them,
// against a number of calls that is known; who may not; and what ends it.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <map>
#include <optional>
#include <string>

#include "support/device_test.hpp"
#include "support/kernel_functions.hpp"
#include "support/module.hpp"
#include "support/program.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::chrono::microseconds count_calls_period{100};

// A system call that nobody else makes, and that has no side effect.
void call_once() { (void)::syscall(SYS_getsid, 0); }

class CountCalls : public DeviceTest {
 public:
  void SetUp() override {
    if (!catalogue.info.has(PERCPU_SCOPE_FEATURE_KPROBES))
      GTEST_SKIP() << "this kernel has no kprobes";
    counter.emplace(device, Create{.name = "calls"});
    other.emplace(device, Create{.name = "calls-other"});
  }
  void TearDown() override {
    counter.reset();
    other.reset();
    DeviceTest::TearDown();
  }
  [[nodiscard]] CounterId id() const { return counter->id(); }
  // Calls on the CPU where the thread is.
  [[nodiscard]] std::uint64_t counted_of(int calls) const {
    const std::uint64_t before = sum(id());
    for (int i = 0; i < calls; ++i) call_once();
    return sum(id()) - before;
  }

  std::optional<TemporaryCounter> counter;
  std::optional<TemporaryCounter> other;
};

TEST_F(CountCalls, AsManyAsAreMadeOnEachCpu) {
  const std::string function = entry_of_getsid();
  device.count_calls(id(), function);
  const auto calls_on = [](std::size_t index) { return 1000U * (index + 1) + 7U; };
  run_on_cpus(catalogue.online, [&](const PinnedThread& thread) {
    for (std::size_t i = 0; i < calls_on(thread.index); ++i) call_once();
  });
  const std::uint64_t missed = device.stop_calls(id());
  const std::array ids{id()};
  const Snapshot snapshot = device.snapshot(ids);
  std::uint64_t made = 0;
  for (std::size_t i = 0; i < catalogue.online.size(); ++i) {
    made += calls_on(i);
    EXPECT_EQ(snapshot.value(id(), 0, catalogue.place_of(catalogue.online[i])), calls_on(i))
        << function << " on CPU " << catalogue.online[i];
  }
  EXPECT_EQ(missed, 0U) << function;
  EXPECT_EQ(snapshot.sum(id(), 0), made) << function;
  EXPECT_EQ(counted_of(100), 0U) << "calls were counted after the end of counting";
}

TEST_F(CountCalls, StartAndStopAgainAndAgain) {
  const std::string function = entry_of_getsid();
  for (int round = 1; round <= 20; ++round) {
    device.count_calls(id(), function);
    EXPECT_EQ(counted_of(10), 10U);
    EXPECT_EQ(device.stop_calls(id()), 0U);
    EXPECT_EQ(counted_of(10), 0U);
  }
  EXPECT_EQ(sum(id()), 200U);
}

TEST_F(CountCalls, SeveralCountersCountTheSame) {
  const std::string function = entry_of_getsid();
  device.count_calls(id(), function);
  device.count_calls(other->id(), function);
  EXPECT_EQ(counted_of(50), 50U);
  EXPECT_EQ(device.stop_calls(id()), 0U);
  EXPECT_EQ(counted_of(50), 0U);
  EXPECT_EQ(sum(other->id()), 100U);
  EXPECT_EQ(device.stop_calls(other->id()), 0U);
}

TEST_F(CountCalls, OneFunctionAtATime) {
  const std::string function = entry_of_getsid();
  const Device second(Access::read_write);
  device.count_calls(id(), function);
  EXPECT_ERRNO(EBUSY, device.count_calls(id(), function));
  EXPECT_ERRNO(EBUSY, second.count_calls(id(), function));
  EXPECT_ERRNO(ENOENT, second.stop_calls(id()));
  EXPECT_EQ(counted_of(10), 10U) << "a refused request has ended the counting";
  EXPECT_ERRNO(0, device.stop_calls(id()));
  EXPECT_ERRNO(ENOENT, device.stop_calls(id()));
}

TEST_F(CountCalls, FunctionsThatAreNone) {
  const WithoutKprobeOptimization without;
  EXPECT_ERRNO(ENOENT, device.count_calls(id(), "no_such_function_anywhere"));
  EXPECT_ERRNO(ENOENT, device.count_calls(id(), "no_such_module:schedule"));
  EXPECT_ERRNO(ENOENT, device.count_calls(static_cast<CounterId>(UINT32_MAX), entry_of_getsid()));
  // Nothing is left of a refusal.
  EXPECT_ERRNO(0, device.reset(id()));
  EXPECT_ERRNO(0, device.count_calls(id(), entry_of_getsid()));
  EXPECT_ERRNO(0, device.stop_calls(id()));
}

TEST_F(CountCalls, FunctionsThatCannotBeProbed) {
  const WithoutKprobeOptimization without;
  // The kernel's own list; of a name that several have another could be meant.
  int tried = 0;
  for (const std::vector<std::string>& line :
       words_of(read_file("/sys/kernel/debug/kprobes/blacklist"))) {
    if (line.size() < 2 || tried == 5) break;
    if (times_listed(line[1]) != 1) continue;
    EXPECT_ERRNO(EINVAL, device.count_calls(id(), line[1])) << line[1];
    ++tried;
  }
  EXPECT_GT(tried, 0) << "INCONCLUSIVE: the kernel lists no function that cannot be probed";
  // What our probes call themselves is among them.
  for (const char* const handler : {"count_hit", "note_hit"}) {
    ASSERT_GT(times_listed(handler), 0U) << handler << " has another name now";
    EXPECT_ERRNO(EINVAL, device.count_calls(id(), std::string("percpu_scope:") + handler))
        << handler;
  }
  EXPECT_ERRNO(0, device.reset(id()));
}

// Then they can be registered, and are never hit: nothing counted is no number of calls.
TEST_F(CountCalls, NotWhileProbesAreSwitchedOff) {
  const std::string function = entry_of_getsid();
  const Job injecting{.counter = other->id(),
                      .idiom = catalogue.idiom("control_read_write").id,
                      .updates = 10,
                      .finding = true,
                      .inject = true};
  {
    const Sysctl off("/sys/kernel/debug/kprobes/enabled", "0");
    EXPECT_ERRNO(EOPNOTSUPP, device.count_calls(id(), function));
    EXPECT_ERRNO(EOPNOTSUPP, device.hammer(injecting));
    EXPECT_EQ(sum(other->id()), 0U) << "a refused job has counted";
    EXPECT_ERRNO(0, device.reset(id())) << "a refused probe is left";
  }
  device.count_calls(id(), function);
  EXPECT_EQ(counted_of(10), 10U);
  EXPECT_ERRNO(0, device.stop_calls(id()));
  EXPECT_EQ(device.hammer(injecting).injected, 10U);
}

TEST_F(CountCalls, PerCpuU64Only) {
  const WithoutKprobeOptimization without;
  for (const Storage storage :
       {Storage::local64, Storage::u64_stats, Storage::seqcount, Storage::atomic64,
        Storage::spinlock, Storage::array_packed, Storage::percpu_counter})
    EXPECT_ERRNO(EOPNOTSUPP,
                 device.count_calls(catalogue.static_counter(storage).id, entry_of_getsid()))
        << to_string(storage);
  // Static ones of the storage are as good as dynamic ones.
  const CounterId plain = catalogue.static_counter(Storage::u64).id;
  device.reset(plain);
  device.count_calls(plain, entry_of_getsid());
  for (int i = 0; i < 10; ++i) call_once();
  EXPECT_ERRNO(0, device.stop_calls(plain));
  EXPECT_EQ(sum(plain), 10U);
  device.reset(plain);
}

TEST_F(CountCalls, NoResetMeanwhile) {
  device.count_calls(id(), entry_of_getsid());
  EXPECT_ERRNO(EBUSY, device.reset(id()));
  EXPECT_EQ(counted_of(10), 10U);
  EXPECT_ERRNO(0, device.stop_calls(id()));
  EXPECT_ERRNO(0, device.reset(id()));
  EXPECT_EQ(sum(id()), 0U);
}

// A call can come between the load and the store of most idioms.
TEST_F(CountCalls, NoJobMeanwhile) {
  device.count_calls(id(), entry_of_getsid());
  for (const char* const idiom : {"this_cpu_inc", "get_cpu_var", "smp_call_this_cpu_inc"})
    for (const bool finding : {false, true})
      EXPECT_ERRNO(EBUSY, device.hammer({.counter = id(),
                                         .idiom = catalogue.idiom(idiom).id,
                                         .updates = 1000,
                                         .finding = finding}))
          << idiom;
  EXPECT_EQ(counted_of(10), 10U) << "a refused job has updated, or has ended the counting";
  EXPECT_ERRNO(0, device.stop_calls(id()));
  const JobResult result =
      hammer_on(device, catalogue.online.back(),
                {.counter = id(), .idiom = catalogue.idiom("get_cpu_var").id, .updates = 5000});
  EXPECT_EQ(sum(id()), result.tally.total() + 10);
}

TEST_F(CountCalls, NotWhileAJobRuns) {
  for (const char* const idiom : {"this_cpu_inc", "get_cpu_var"}) {
    device.reset(id());
    BackgroundJob background(
        device, catalogue.online.back(),
        {.counter = id(), .idiom = catalogue.idiom(idiom).id, .updates = UINT64_MAX});
    ASSERT_TRUE(background.counts()) << idiom;
    EXPECT_ERRNO(EBUSY, device.count_calls(id(), entry_of_getsid())) << idiom;
    for (int i = 0; i < 10; ++i) call_once();
    background.interrupt();
    EXPECT_EQ(sum(id()), background.result().tally.total()) << idiom;
    EXPECT_ERRNO(0, device.count_calls(id(), entry_of_getsid())) << idiom;
    EXPECT_EQ(counted_of(10), 10U) << idiom;
    EXPECT_ERRNO(0, device.stop_calls(id()));
  }
}

TEST_F(CountCalls, ClosingTheDescriptorEndsIt) {
  {
    const Device second(Access::read_write);
    second.count_calls(id(), entry_of_getsid());
    EXPECT_EQ(counted_of(10), 10U);
  }
  EXPECT_EQ(counted_of(10), 0U);
  EXPECT_ERRNO(0, device.reset(id()));
  EXPECT_ERRNO(ENOENT, device.stop_calls(id()));
}

TEST_F(CountCalls, TheCounterMayGoMeanwhile) {
  device.count_calls(id(), entry_of_getsid());
  device.destroy(id());
  EXPECT_FALSE(exists(id()));
  // It counts on, for nobody; the name is free, the memory is not yet.
  for (int i = 0; i < 10; ++i) call_once();
  const TemporaryCounter next(device, {.name = "calls"});
  EXPECT_EQ(sum(next.id()), 0U);
  EXPECT_ERRNO(0, device.stop_calls(id()));
  EXPECT_ERRNO(ENOENT, device.stop_calls(id()));
}

// Functions of any context: what the module's own generators call.
TEST_F(CountCalls, InInterrupts) {
  ASSERT_GT(times_listed("pscope_generator_update"), 0U) << "it has another name now";
  device.count_calls(id(), "percpu_scope:pscope_generator_update");
  std::uint64_t tally = 0;
  for (const ContextSet contexts : {ContextSet{Context::hardirq}, ContextSet{Context::softirq},
                                    ContextSet{Context::softirq, Context::hardirq}}) {
    for (const std::uint32_t cpu : catalogue.online) {
      const JobResult result = hammer_on(device, cpu,
                                         {.counter = other->id(),
                                          .idiom = catalogue.idiom("this_cpu_inc").id,
                                          .updates = 1000,
                                          .contexts = contexts,
                                          .period = count_calls_period,
                                          .interruptions = 200});
      tally += result.tally[Context::softirq] + result.tally[Context::hardirq];
    }
  }
  // A hardirq that interrupts the probe of a softirq is not probed, but missed.
  const std::uint64_t missed = device.stop_calls(id());
  EXPECT_EQ(sum(id()) + missed, tally) << "calls by generators, " << missed << " missed";
  EXPECT_LT(missed, tally / 10) << "hardly anything was counted";
}

// Static functions of several files have the same name: the kernel takes one, and the
// tool says so. Not every name can be probed.
TEST_F(CountCalls, TheToolTellsOfNamesakes) {
  const WithoutKprobeOptimization without;
  std::map<std::string, std::size_t> listed;
  for (const std::vector<std::string>& words : words_of(symbols()))
    if (words.size() == 3 && words[1] == "t") ++listed[words[2]];
  int tried = 0;
  for (const auto& [name, times] : listed) {
    if (times < 2 || times != times_listed(name)) continue;
    const std::vector<std::string> words{"count-calls", name, "--", "/bin/busybox", "true"};
    const Ended text = run(words);
    if (text.status != 0 && ++tried < 50) continue;
    ASSERT_EQ(text.status, 0) << name << ' ' << text.err;
    EXPECT_NE(text.out.find("symbols have this name"), std::string::npos) << text.out;
    return;
  }
  FAIL() << "no name is listed twice";
}

TEST_F(CountCalls, NeedsADescriptorOpenForWriting) {
  const Device reader(Access::read_only);
  EXPECT_ERRNO(EBADF, reader.count_calls(id(), entry_of_getsid()));
  EXPECT_ERRNO(EBADF, reader.stop_calls(id()));
}

// A writable descriptor may be handed on; what it takes to probe the kernel is
// the caller's own.
TEST_F(CountCalls, NeedsCapPerfmon) {
  const std::string function = entry_of_getsid();
  in_child([&] {
    drop_capability(CAP_PERFMON);
    EXPECT_ERRNO(0, device.count_calls(id(), function)) << "CAP_SYS_ADMIN will do";
    EXPECT_ERRNO(0, device.stop_calls(id()));
    drop_capability(CAP_SYS_ADMIN);
    EXPECT_ERRNO(EPERM, device.count_calls(id(), function));
    EXPECT_ERRNO(EPERM, device.count_calls(id(), "no_such_function_anywhere"))
        << "it tells which functions there are";
    EXPECT_EQ(counted_of(10), 0U);
    // The descriptor is good for what it was opened for.
    EXPECT_ERRNO(0, device.reset(id()));
  });
  in_child([&] {
    drop_capability(CAP_SYS_ADMIN);
    EXPECT_ERRNO(0, device.count_calls(id(), function)) << "CAP_PERFMON will do";
    EXPECT_EQ(counted_of(10), 10U);
    EXPECT_ERRNO(0, device.stop_calls(id()));
  });
}

// Without a descriptor that outlives it: the module is to be unloaded.
TEST(CountCallsAndReload, NothingKeepsTheModule) {
  {
    const Device device(Access::read_write);
    if (!device.info().has(PERCPU_SCOPE_FEATURE_KPROBES))
      GTEST_SKIP() << "this kernel has no kprobes";
    const CallCounter calls(device, "calls", entry_of_getsid());
    for (int i = 0; i < 10; ++i) call_once();
    const std::array ids{calls.id()};
    EXPECT_EQ(device.snapshot(ids).sum(calls.id(), 0), 10U);
    EXPECT_EQ(unload_module(), Errno{EAGAIN}) << "it is in use";
  }
  const ModuleRestorer restorer;
  EXPECT_EQ(unload_module(), Errno{});
}

}  // namespace
}  // namespace percpu_scope::guest
