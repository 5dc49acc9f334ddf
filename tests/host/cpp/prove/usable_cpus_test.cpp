// SPDX-License-Identifier: GPL-2.0-only
//
// Which CPUs work can be put on, with numbers that have gaps and go beyond cpu_set_t.
#include "percpu_scope/prove/usable_cpus.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <thread>
#include <vector>

#include "percpu_scope/prove/saturated.hpp"

namespace percpu_scope {
namespace {

Cpu cpu(std::uint32_t number, bool online) { return {.number = number, .online = online}; }

TEST(UsableCpus, AreOnlineAndAllowed) {
  const std::array cpus{cpu(0, true), cpu(2, false), cpu(7, true), cpu(300, true), cpu(5000, true)};
  const auto usable = [&](std::vector<std::uint32_t> allowed) {
    return usable_cpus(cpus, allowed);
  };
  EXPECT_EQ(usable({0, 2, 7, 300, 5000}), (std::vector<std::uint32_t>{0, 7, 300, 5000}));
  EXPECT_EQ(usable({2, 300}), std::vector<std::uint32_t>{300});
  EXPECT_TRUE(usable({1, 2, 3}).empty());
  EXPECT_TRUE(usable({}).empty());
}

TEST(UsableCpus, FollowTheAffinityOfTheProcess) {
  std::vector<Cpu> cpus;
  for (const std::uint32_t number : allowed_cpus()) cpus.push_back(cpu(number, true));
  ASSERT_FALSE(cpus.empty());
  std::vector<std::uint32_t> pinned;
  // A thread of its own: the others stay where they are.
  std::thread([&] {
    pin_this_thread(cpus.back().number);
    pinned = usable_cpus(cpus);
    keep_this_thread_on(std::array{cpus.front().number});
    EXPECT_EQ(allowed_cpus(), std::vector<std::uint32_t>{cpus.front().number});
  }).join();
  EXPECT_EQ(pinned, std::vector<std::uint32_t>{cpus.back().number});
}

TEST(Saturated, TakesWhatNoNumberHolds) {
  EXPECT_EQ(saturated(0), 0U);
  EXPECT_EQ(saturated(1.9), 1U);
  EXPECT_EQ(saturated(-1), 0U);
  EXPECT_EQ(saturated(std::numeric_limits<double>::quiet_NaN()), 0U);
  EXPECT_EQ(saturated(9.3e18), 9300000000000000000U);
  EXPECT_EQ(saturated(18446744073709551616.0), UINT64_MAX);
  EXPECT_EQ(saturated(1e300), UINT64_MAX);
  EXPECT_EQ(saturated(std::numeric_limits<double>::infinity()), UINT64_MAX);
}

}  // namespace
}  // namespace percpu_scope
