// SPDX-License-Identifier: GPL-2.0-only
//
// AbiLayout: what the kernel fills in lies where this program looks for it. Sizes, places
// and commands are written down in kmod/abi_layout.h, for both. They are the same for
// 32-bit callers, so the 32-bit program runs these on a 64-bit kernel.
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdint>
#include <set>
#include <string>

#include "abi/raw_device.hpp"

namespace percpu_scope::guest {
namespace {

using AbiLayout = RawDeviceTest;

// Of the kernel, by the addresses that it writes: those who may not see them get zeros,
// but as many. A machine's name does not tell: s390x, alpha.
std::uint32_t bits_of_kernel() {
  const std::string symbols = read_file("/proc/kallsyms");
  return static_cast<std::uint32_t>(symbols.find(' ')) * 4;
}

TEST_F(AbiLayout, InfoTellsOfThisKernel) {
  const percpu_scope_info info = this->info();
  utsname name{};
  ASSERT_EQ(::uname(&name), 0);
  EXPECT_EQ(info.abi_version, 1U);
  EXPECT_STREQ(&info.release[0], &name.release[0]);
  EXPECT_EQ(info.page_size, ::sysconf(_SC_PAGESIZE));
  EXPECT_EQ(info.possible_cpus, ::sysconf(_SC_NPROCESSORS_CONF));
  EXPECT_EQ(info.online_cpus, ::sysconf(_SC_NPROCESSORS_ONLN));
  EXPECT_EQ(info.bits_per_long, bits_of_kernel());
  EXPECT_EQ((info.features & PERCPU_SCOPE_FEATURE_SYNCP) != 0, info.bits_per_long == 32);
  EXPECT_EQ(info.cache_line_size & (info.cache_line_size - 1), 0U);
  EXPECT_GE(info.cache_line_size, 8U);
  constexpr std::uint64_t known = PERCPU_SCOPE_FEATURE_CONTROLS | PERCPU_SCOPE_FEATURE_SYNCP |
                                  PERCPU_SCOPE_FEATURE_RAW | PERCPU_SCOPE_FEATURE_RT |
                                  PERCPU_SCOPE_FEATURE_NMI | PERCPU_SCOPE_FEATURE_SMP |
                                  PERCPU_SCOPE_FEATURE_KPROBES | PERCPU_SCOPE_FEATURE_PREEMPT;
  EXPECT_EQ(info.features & ~known, 0U);
}

TEST_F(AbiLayout, CountersAreDescribedInFull) {
  std::set<std::uint32_t> ids;
  std::set<std::string> names;
  for (const percpu_scope_counter& counter : counters()) {
    const std::string name(&counter.name[0]);
    SCOPED_TRACE(name);
    EXPECT_TRUE(ids.insert(counter.id).second);
    EXPECT_TRUE(names.insert(name).second);
    EXPECT_FALSE(name.empty());
    EXPECT_LT(name.size(), sizeof(counter.name));
    EXPECT_LT(counter.storage, std::uint32_t{PERCPU_SCOPE_STORAGE_COUNT});
    EXPECT_LT(counter.variant, std::uint32_t{PERCPU_SCOPE_VARIANT_COUNT});
    EXPECT_LE(counter.origin, std::uint32_t{PERCPU_SCOPE_ORIGIN_DYNAMIC});
    EXPECT_EQ(counter.flags & ~(PERCPU_SCOPE_COUNTER_PERCPU | PERCPU_SCOPE_COUNTER_UNSKEWED |
                                PERCPU_SCOPE_COUNTER_APART | PERCPU_SCOPE_COUNTER_SPOILT),
              0U);
    if (counter.origin == PERCPU_SCOPE_ORIGIN_STATIC) {
      EXPECT_EQ(counter.flags & PERCPU_SCOPE_COUNTER_APART, 0U);
    }
    EXPECT_EQ((counter.flags & PERCPU_SCOPE_COUNTER_PERCPU) != 0,
              counter.storage <= PERCPU_SCOPE_STORAGE_SEQCOUNT);
    ASSERT_GE(counter.field_count, 1U);
    ASSERT_LE(counter.field_count, std::uint32_t{PERCPU_SCOPE_FIELDS_MAX});
    for (std::uint32_t i = 0; i < PERCPU_SCOPE_FIELDS_MAX; ++i) {
      // Nothing behind the last field, not even leftovers.
      EXPECT_EQ(counter.fields[i].weight != 0, i < counter.field_count);
      EXPECT_EQ(counter.fields[i].name[0] != '\0', i < counter.field_count);
    }
    EXPECT_EQ(counter.fields[0].weight, 1U);
  }
}

TEST_F(AbiLayout, IdiomsAreDescribedInFull) {
  std::uint32_t id = 0;
  for (const percpu_scope_idiom& idiom : idioms()) {
    SCOPED_TRACE(&idiom.name[0]);
    EXPECT_EQ(idiom.id, id++);
    EXPECT_NE(idiom.storages, 0U);
    EXPECT_EQ(idiom.storages >> PERCPU_SCOPE_STORAGE_COUNT, 0U);
    // What it conserves it can run in, and all run in a task.
    EXPECT_EQ(idiom.conserved & ~idiom.runnable, 0U);
    EXPECT_EQ(idiom.runnable & 1U, 1U);
    // Some controls conserve nowhere; a correct idiom is good for something.
    if ((idiom.flags & PERCPU_SCOPE_IDIOM_CONTROL) == 0) {
      EXPECT_EQ(idiom.conserved & 1U, 1U);
    }
    EXPECT_EQ(idiom.runnable >> PERCPU_SCOPE_CONTEXT_COUNT, 0U);
    EXPECT_NE(idiom.name[0], '\0');
    EXPECT_NE(idiom.call[0], '\0');
    EXPECT_EQ(idiom.flags & ~(PERCPU_SCOPE_IDIOM_PATTERN | PERCPU_SCOPE_IDIOM_CONTROL |
                              PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_BOTH_HALVES),
              0U);
    EXPECT_NE(idiom.flags & (PERCPU_SCOPE_IDIOM_PATTERN | PERCPU_SCOPE_IDIOM_BOTH_HALVES),
              PERCPU_SCOPE_IDIOM_PATTERN | PERCPU_SCOPE_IDIOM_BOTH_HALVES);
  }
}

// The compiler may split a plain access, on a 64-bit kernel as well.
TEST_F(AbiLayout, PlainCPromisesNoWholeReadings) {
  const std::set<std::string> plain{"get_cpu_var", "get_cpu_ptr", "this_cpu_ptr", "array_packed",
                                    "array_padded"};
  std::size_t found = 0;
  for (const percpu_scope_idiom& idiom : idioms()) {
    if (!plain.contains(&idiom.name[0])) continue;
    ++found;
    EXPECT_EQ(idiom.flags & PERCPU_SCOPE_IDIOM_UNTORN, 0U) << &idiom.name[0];
  }
  EXPECT_EQ(found, plain.size());
}

}  // namespace
}  // namespace percpu_scope::guest
