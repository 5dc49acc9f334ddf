// SPDX-License-Identifier: GPL-2.0-only
//
// AllocationFailure: per-CPU memory that is not to be had. An allocation that may not sleep
// is served from pages that are populated, of which a few are kept in reserve; a work item
// fills them up again, and a task of SCHED_FIFO keeps it from its CPU. Source:
// PCPU_EMPTY_POP_PAGES_HIGH and pcpu_balance_workfn() in mm/percpu.c.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "percpu_scope/prove/all.hpp"
#include "support/module.hpp"

namespace percpu_scope::guest {
namespace {

// This thread before all others of its CPU, as long as it does not sleep: not even for
// the twentieth of a second in each that the scheduler keeps from such tasks else, which
// the kernel tells of.
class FirstInFirstOut {
 public:
  FirstInFirstOut() {
    const sched_param parameters{.sched_priority = 1};
    EXPECT_EQ(::sched_setscheduler(0, SCHED_FIFO, &parameters), 0);
  }
  FirstInFirstOut(const FirstInFirstOut&) = delete;
  FirstInFirstOut& operator=(const FirstInFirstOut&) = delete;
  FirstInFirstOut(FirstInFirstOut&&) = delete;
  FirstInFirstOut& operator=(FirstInFirstOut&&) = delete;
  ~FirstInFirstOut() {
    const sched_param parameters{.sched_priority = 0};
    EXPECT_EQ(::sched_setscheduler(0, SCHED_OTHER, &parameters), 0);
  }

 private:
  const Sysctl unthrottled_{"/proc/sys/kernel/sched_rt_runtime_us", "-1"};
};

TEST(AllocationFailure, WhatPerCpuMemoryIsRefusedForLeavesNothingBehind) {
  const std::chrono::seconds limit(4 * host_reserve * slowness());
  const ModuleRestorer restorer;
  ASSERT_EQ(unload_module(), Errno{0});
  ASSERT_EQ(load_module("max_dynamic=65536"), Errno{0});
  const Device device(Access::read_write);
  const std::span<const Kind> kinds = device.kinds();
  const auto largest =
      std::max_element(kinds.begin(), kinds.end(), [](const Kind& a, const Kind& b) {
        return (a.is_dynamic() ? a.size : 0) < (b.is_dynamic() ? b.size : 0);
      });
  const auto request = [&](const std::string& name, Variant variant) {
    return Create{.name = name, .storage = largest->storage, .variant = variant};
  };
  const std::size_t at_first = device.counters().size();
  std::vector<CounterId> made;
  Errno failure;
  pin_this_thread(allowed_cpus().front());
  {
    const FirstInFirstOut before_all_others;
    const auto begin = std::chrono::steady_clock::now();
    while (failure == Errno{} && std::chrono::steady_clock::now() - begin < limit)
      failure = errno_of([&] {
        made.push_back(device.create(
            request("page-" + std::to_string(made.size()), Variant::alloc_percpu_gfp)));
      });
  }
  unpin_this_thread();
  ASSERT_EQ(failure, Errno{ENOMEM}) << "INCONCLUSIVE: populated as fast as it was used";
  std::printf("# refused after %zu counters of %llu bytes\n", made.size(),
              static_cast<unsigned long long>(largest->size));
  EXPECT_EQ(device.counters().size(), at_first + made.size());
  EXPECT_EQ(device.info().dynamic_counters, made.size());
  const std::string refused = "page-" + std::to_string(made.size());
  EXPECT_FALSE(path_exists(std::string(default_debugfs_path) + "/counter/" + refused));
  // Neither its name nor its bytes are taken, and one that may sleep is populated for.
  made.push_back(device.create(request(refused, Variant::alloc_percpu)));
  for (const CounterId id : made) device.destroy(id);
  EXPECT_EQ(device.counters().size(), at_first);
  EXPECT_EQ(device.info().dynamic_counters, 0U);
}

}  // namespace
}  // namespace percpu_scope::guest
