// SPDX-License-Identifier: GPL-2.0-only
//
// Module: it comes and goes without a trace, and not while it is used.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "percpu_scope/prove/all.hpp"
#include "support/module.hpp"

namespace percpu_scope::guest {
namespace {

const std::string debugfs(default_debugfs_path);

class Module : public ::testing::Test {
 public:
  static void expect_traces(bool there) {
    EXPECT_EQ(path_exists(default_device_path), there);
    EXPECT_EQ(path_exists(debugfs), there);
    EXPECT_EQ(module_is_loaded(), there);
  }

  // Last: whatever a test did, the next one finds the module as it should be.
  const ModuleRestorer restorer{};
};

TEST_F(Module, LoadsAndUnloadsFiftyTimes) {
  const auto cycle = [] {
    ASSERT_EQ(unload_module(), Errno{0});
    expect_traces(false);
    ASSERT_EQ(load_module(), Errno{0});
    expect_traces(true);
    // Used, so that there is something to leave behind.
    const Device device(Access::read_write);
    (void)device.create({.name = "left-to-the-module", .storage = Storage::u64_stats});
    (void)device.hammer({.counter = device.counters().front().id,
                         .idiom = device.idioms().front().id,
                         .updates = 100,
                         .contexts = {Context::hardirq},
                         .period = std::chrono::microseconds(100)});
  };
  for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(cycle());
  ASSERT_EQ(unload_module(), Errno{0});
  // Pages go back in a work item.
  std::uint64_t start = percpu_kilobytes();
  EXPECT_TRUE(eventually([&] {
    const std::uint64_t before = start;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    start = percpu_kilobytes();
    return start == before;
  }));
  ASSERT_EQ(load_module(), Errno{0});
  for (int i = 0; i < 50; ++i) ASSERT_NO_FATAL_FAILURE(cycle()) << "round " << i;
  ASSERT_EQ(unload_module(), Errno{0});
  std::uint64_t end = 0;
  EXPECT_TRUE(
      eventually([&] { return (end = percpu_kilobytes()) <= start; }, std::chrono::seconds(5)));
  RecordProperty("Percpu_kB", std::to_string(start) + " before, " + std::to_string(end) + " after");
  EXPECT_LE(end, start);
}

TEST_F(Module, StaysWhileADescriptorIsOpen) {
  for (const Access access : {Access::read_only, Access::read_write}) {
    const Device device(access);
    EXPECT_EQ(unload_module(), Errno{EWOULDBLOCK});
    EXPECT_EQ(device.info().dynamic_counters, 0U) << "and works as before";
  }
  EXPECT_EQ(unload_module(), Errno{0});
}

TEST_F(Module, StaysWhileADebugfsFileIsOpen) {
  for (const char* const file : {"/values", "/counter/plain/copies"}) {
    const FileDescriptor open_file(::open((debugfs + file).c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(open_file);
    EXPECT_EQ(unload_module(), Errno{EWOULDBLOCK}) << file;
  }
  EXPECT_EQ(unload_module(), Errno{0});
}

TEST_F(Module, LoadsOnce) { EXPECT_EQ(load_module(), Errno{EEXIST}); }

TEST_F(Module, CountsFromZeroAgain) {
  {
    const Device device(Access::read_write);
    (void)device.hammer({.counter = device.counters().front().id,
                         .idiom = device.idioms().front().id,
                         .updates = 100});
    (void)device.create({.name = "gone"});
  }
  ASSERT_EQ(unload_module(), Errno{0});
  ASSERT_EQ(load_module(), Errno{0});
  const Device device(Access::read_only);
  const std::vector<Counter> counters = device.counters();
  std::vector<CounterId> ids;
  for (const Counter& counter : counters) {
    EXPECT_EQ(counter.origin, Origin::static_);
    ids.push_back(counter.id);
  }
  const Snapshot snapshot = device.snapshot(ids);
  for (const Record& record : snapshot.records())
    for (const std::uint64_t sum : record.sum) EXPECT_EQ(sum, 0U);
}

TEST_F(Module, BoundOnDynamicCountersIsAParameter) {
  ASSERT_EQ(unload_module(), Errno{0});
  ASSERT_EQ(load_module("max_dynamic=2"), Errno{0});
  {
    const Device device(Access::read_write);
    EXPECT_EQ(device.info().dynamic_counters_max, 2U);
    const CounterId first = device.create({.name = "one"});
    (void)device.create({.name = "two"});
    EXPECT_ERRNO(EDQUOT, device.create({.name = "three"}));
    device.destroy(first);
    EXPECT_ERRNO(0, device.create({.name = "three"}));
    EXPECT_EQ(read_file("/sys/module/percpu_scope/parameters/max_dynamic"), "2\n");
  }
  ASSERT_EQ(unload_module(), Errno{0});
  ASSERT_EQ(load_module("max_dynamic=0"), Errno{0});
  const Device device(Access::read_write);
  EXPECT_ERRNO(EDQUOT, device.create({.name = "one"}));
}

TEST_F(Module, BytesOfDynamicCountersAreBounded) {
  constexpr std::uint64_t bytes_per_cpu = 20'000;
  const std::string bound =
      std::to_string(bytes_per_cpu * Device(Access::read_only).info().possible_cpus);
  ASSERT_EQ(unload_module(), Errno{0});
  ASSERT_EQ(load_module("max_dynamic_bytes=" + bound), Errno{0});
  EXPECT_EQ(read_file("/sys/module/percpu_scope/parameters/max_dynamic_bytes"), bound + "\n");
  const Device device(Access::read_write);
  const auto sized = [&](const std::string& name, std::uint64_t bytes) {
    return device.create({.name = name, .variant = Variant::alloc_percpu_sized, .size = bytes});
  };
  const CounterId half = sized("half", bytes_per_cpu / 2);
  // What is refused leaves its name and its share.
  EXPECT_ERRNO(EDQUOT, sized("rest", bytes_per_cpu / 2 + 8));
  (void)sized("rest", bytes_per_cpu / 2);
  EXPECT_ERRNO(EDQUOT, sized("one-more", 8));
  EXPECT_ERRNO(EEXIST, sized("rest", 8));
  EXPECT_EQ(device.info().dynamic_counters, 2U);
  device.destroy(half);
  EXPECT_ERRNO(0, sized("half", bytes_per_cpu / 2));
}

TEST_F(Module, BoundOnDynamicCountersHasABound) {
  ASSERT_EQ(unload_module(), Errno{0});
  EXPECT_EQ(load_module("max_dynamic=65537"), Errno{EINVAL});
  EXPECT_EQ(load_module("max_dynamic=9999999"), Errno{EINVAL});
  expect_traces(false);
  EXPECT_EQ(load_module("max_dynamic=65536"), Errno{0});
}

TEST_F(Module, ParameterThatIsNoNumber) {
  ASSERT_EQ(unload_module(), Errno{0});
  EXPECT_EQ(load_module("max_dynamic=many"), Errno{EINVAL});
  EXPECT_EQ(load_module("max_dynamic_bytes=many"), Errno{EINVAL});
  expect_traces(false);
}

}  // namespace
}  // namespace percpu_scope::guest
