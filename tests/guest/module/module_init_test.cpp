// SPDX-License-Identifier: GPL-2.0-only
//
// ModuleInit: loading that fails, at each of its steps in turn: the module says so, and
// nothing of it is left. The step that fails is chosen by a parameter.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "percpu_scope/prove/all.hpp"
#include "support/kernel_functions.hpp"
#include "support/module.hpp"

namespace percpu_scope::guest {
namespace {

// More steps than it has, so that the loop ends whatever happens.
constexpr int most_steps = 64;
// Fewer, and hardly anything was tried.
constexpr int least_steps = 4;
constexpr const char* hotplug_states = "/sys/devices/system/cpu/hotplug/states";

// What a module can leave with the kernel, as far as it shows.
struct Traces {
  bool module = module_is_loaded();
  bool device = path_exists(default_device_path);
  bool debugfs = path_exists(default_debugfs_path);
  // Callbacks for CPUs that come and go, by name.
  std::string states = path_exists(hotplug_states) ? read_file(hotplug_states) : "";

  bool operator==(const Traces&) const = default;
};

std::ostream& operator<<(std::ostream& stream, const Traces& traces) {
  return stream << "module " << traces.module << ", device " << traces.device << ", debugfs "
                << traces.debugfs << ", states of hotplug:\n"
                << traces.states;
}

std::uint64_t percpu_at_rest() {
  std::uint64_t now = percpu_kilobytes();
  EXPECT_TRUE(eventually([&] {
    const std::uint64_t before = now;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    now = percpu_kilobytes();
    return now == before;
  }));
  return now;
}

// Loads until a step is asked for that there is not; how many there were.
int fail_at_each_step(const Traces& without) {
  for (int step = 1; step <= most_steps; ++step) {
    const Errno answer = load_module("fail_step=" + std::to_string(step));
    if (answer == Errno{}) {
      EXPECT_EQ(unload_module(), Errno{});
      EXPECT_EQ(Traces(), without) << "after it was loaded";
      return step - 1;
    }
    EXPECT_EQ(answer, Errno{ENOMEM}) << "step " << step;
    EXPECT_EQ(Traces(), without) << "step " << step;
  }
  ADD_FAILURE() << most_steps << " steps, and no end";
  return most_steps;
}

TEST(ModuleInit, LeavesNothingWhicheverStepFails) {
  const ModuleRestorer restorer;
  ASSERT_EQ(unload_module(), Errno{});
  const Traces without;
  EXPECT_FALSE(without.module || without.device || without.debugfs);
  // What the allocator keeps in reserve it has after the first time.
  const int steps = fail_at_each_step(without);
  EXPECT_GE(steps, least_steps) << "INCONCLUSIVE: hardly a step can be made to fail";
  const std::uint64_t start = percpu_at_rest();
  for (int round = 0; round < 5; ++round)
    EXPECT_EQ(fail_at_each_step(without), steps) << "round " << round;
  std::uint64_t end = 0;
  EXPECT_TRUE(
      eventually([&] { return (end = percpu_kilobytes()) <= start; }, std::chrono::seconds(10)))
      << "Percpu: " << start << " kB before, " << end << " kB after";
  RecordProperty("steps", std::to_string(steps));
}

TEST(ModuleInit, DoesWithoutTheParameter) {
  const ModuleRestorer restorer;
  ASSERT_EQ(unload_module(), Errno{});
  EXPECT_EQ(load_module("fail_step=0"), Errno{});
  const Traces with;
  EXPECT_TRUE(with.module && with.device && with.debugfs);
  EXPECT_EQ(unload_module(), Errno{});
  EXPECT_EQ(load_module("fail_step=many"), Errno{EINVAL});
}

TEST(ModuleInit, ProbesHaveABoundThatIsAParameter) {
  const ModuleRestorer restorer;
  ASSERT_EQ(unload_module(), Errno{});
  ASSERT_EQ(load_module("max_probes=1"), Errno{});
  const Device device(Access::read_write);
  EXPECT_EQ(device.info().probes_max, 1U);
  EXPECT_EQ(device.info().probes, 0U);
  if (!device.info().has(PERCPU_SCOPE_FEATURE_KPROBES))
    GTEST_SKIP() << "this kernel has no kprobes";
  const OwnedCounter first(device, {.name = "probed"});
  const OwnedCounter second(device, {.name = "one-too-many"});
  EXPECT_ERRNO(0, device.count_calls(first.id(), entry_of_getsid()));
  EXPECT_EQ(device.info().probes, 1U);
  EXPECT_ERRNO(EDQUOT, device.count_calls(second.id(), entry_of_getsid()));
  EXPECT_EQ(device.info().probes, 1U) << "what was refused is counted";
  EXPECT_ERRNO(0, device.stop_calls(first.id()));
  EXPECT_EQ(device.info().probes, 0U);
  EXPECT_ERRNO(0, device.count_calls(second.id(), entry_of_getsid()));
}

}  // namespace
}  // namespace percpu_scope::guest
