// SPDX-License-Identifier: GPL-2.0-only
//
// Variation: what another machine or other kernel arguments must change, each in a
// boot of its own (scripts/data/variations.toml). They fail elsewhere, so that a variation
// that did not take effect cannot pass; an ordinary boot leaves them out.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <string>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

bool was_booted_with(const std::string& argument) {
  for (const std::vector<std::string>& line : words_of(read_file("/proc/cmdline")))
    if (std::find(line.begin(), line.end(), argument) != line.end()) return true;
  return false;
}

class Variation : public DeviceTest {
 public:
  void hammer_everywhere(CounterId counter, std::uint64_t updates) const {
    for (const std::uint32_t cpu : allowed_cpus())
      (void)hammer_on(
          device, cpu,
          {.counter = counter, .idiom = catalogue.idiom_for(Storage::u64).id, .updates = updates});
  }
};

TEST_F(Variation, OneCpu) {
  ASSERT_EQ(catalogue.cpus.size(), 1U) << "boot with VM_CPUS=1 or VM_ARGS=nosmp";
  EXPECT_EQ(catalogue.cpus[0].offset, 0U);
  const TemporaryCounter counter(device, {.name = "alone"});
  hammer_everywhere(counter.id(), 1000);
  EXPECT_EQ(sum(counter.id()), 1000U);
  EXPECT_EQ(device.copies(counter.id()).size(), 1U);
}

// Both nodes hold copies, and each is on that of its CPU: as the kernel's page tables
// say, not only cpu_to_node().
TEST_F(Variation, TwoNodes) {
  std::set<std::int32_t> nodes;
  for (const Cpu& cpu : catalogue.cpus) nodes.insert(cpu.node);
  ASSERT_EQ(nodes, (std::set<std::int32_t>{0, 1})) << "boot with VM_NODES=2 and enough CPUs";
  const TemporaryCounter dynamic(device, {.name = "on-two-nodes"});
  for (const Counter& counter : device.counters()) {
    if (!counter.is_percpu()) continue;
    std::set<std::int32_t> seen;
    for (const Copy& copy : device.copies(counter.id)) {
      EXPECT_EQ(copy.node, catalogue.cpus.at(catalogue.place_of(copy.cpu)).node)
          << counter.name << " of CPU " << copy.cpu;
      seen.insert(copy.node);
    }
    EXPECT_EQ(seen, nodes) << counter.name;
  }
}

// mm/percpu.c, pcpu_page_first_chunk(): units of whole pages behind one another in
// vmalloc space, no larger than what the first chunk needs (0x39000 on Debian's 6.1).
TEST_F(Variation, AreasOfPagesLieClose) {
  ASSERT_TRUE(was_booted_with("percpu_alloc=page")) << "boot with VM_ARGS=percpu_alloc=page";
  ASSERT_GT(catalogue.cpus.size(), 1U);
  const std::uint64_t unit = catalogue.cpus[1].offset - catalogue.cpus[0].offset;
  EXPECT_EQ(unit % catalogue.info.page_size, 0U);
  EXPECT_LT(unit, 1U << 20);
  for (std::size_t i = 1; i < catalogue.cpus.size(); ++i)
    EXPECT_EQ(catalogue.cpus[i].offset, i * unit) << "CPU " << catalogue.cpus[i].number;
}

// mm/percpu.c, pcpu_build_alloc_info(): as many units as fit into 2 MiB on x86, evenly.
TEST_F(Variation, EmbeddedAreasPartLargePages) {
  ASSERT_TRUE(was_booted_with("percpu_alloc=embed")) << "boot with VM_ARGS=percpu_alloc=embed";
  ASSERT_GT(catalogue.cpus.size(), 1U);
  const std::uint64_t unit = catalogue.cpus[1].offset - catalogue.cpus[0].offset;
  ASSERT_NE(unit, 0U);
  EXPECT_EQ((std::uint64_t{2} << 20) % unit, 0U) << unit;
}

// A CPU that was never online has its area, and what it counts once it is stays in the
// sum after it has gone.
TEST_F(Variation, OfflineCpusHaveAreasAndAreSummed) {
  const auto offline = std::find_if(catalogue.cpus.begin(), catalogue.cpus.end(),
                                    [](const Cpu& c) { return !c.online; });
  ASSERT_NE(offline, catalogue.cpus.end()) << "boot with VM_CPUS=4 and VM_ARGS=maxcpus=2";
  const TemporaryCounter counter(device, {.name = "offline"});
  ASSERT_EQ(device.copies(counter.id()).size(), catalogue.cpus.size());
  hammer_everywhere(counter.id(), 100);
  const std::uint64_t before = sum(counter.id());
  EXPECT_EQ(before, 100 * catalogue.online.size());
  set_online(offline->number, true);
  (void)hammer_on(
      device, offline->number,
      {.counter = counter.id(), .idiom = catalogue.idiom_for(Storage::u64).id, .updates = 7});
  set_online(offline->number, false);
  EXPECT_EQ(sum(counter.id()), before + 7);
}

// Without preemption the kernel takes no CPU from a task: PREEMPT_DYNAMIC did as told.
TEST_F(Variation, NoPreemption) {
  ASSERT_TRUE(was_booted_with("preempt=none") || was_booted_with("preempt=voluntary"))
      << "boot with VM_ARGS=preempt=none or voluntary";
  EXPECT_FALSE(catalogue.info.has(PERCPU_SCOPE_FEATURE_PREEMPT));
  // "(none) voluntary full": the one in use.
  const std::string mode = was_booted_with("preempt=none") ? "(none)" : "(voluntary)";
  const std::string modes = read_file("/sys/kernel/debug/sched/preempt");
  EXPECT_NE(modes.find(mode), std::string::npos) << modes;
}

// What scripts/ asked QEMU for is what the kernel has: told by the environment.
TEST(Machine, HasTheCpusAskedFor) {
  const char* const asked = std::getenv("PERCPU_SCOPE_CPUS");  // NOLINT(concurrency-mt-unsafe)
  if (asked == nullptr) GTEST_SKIP() << "PERCPU_SCOPE_CPUS does not say how many were asked for";
  const Device device(Access::read_only);
  const std::vector<Cpu> cpus = device.cpus();
  EXPECT_EQ(cpus.size(), to_number(asked));
  // Others are offline only where that was asked for.
  if (read_file("/proc/cmdline").find("maxcpus=") == std::string::npos) {
    EXPECT_TRUE(std::all_of(cpus.begin(), cpus.end(), [](const Cpu& cpu) { return cpu.online; }));
  }
}

}  // namespace
}  // namespace percpu_scope::guest
