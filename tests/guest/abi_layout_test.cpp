// SPDX-License-Identifier: GPL-2.0-only
//
// AbiLayout: sizes, places and command numbers, written down. They are the same
// for 32-bit callers, so the 32-bit program runs these on a 64-bit kernel.
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstddef>
#include <set>
#include <string>

#include "raw_device.hpp"

namespace percpu_scope::guest {
namespace {

static_assert(sizeof(percpu_scope_info) == 128);
static_assert(offsetof(percpu_scope_info, features) == 8);
static_assert(offsetof(percpu_scope_info, min_generator_period_ns) == 48);
static_assert(offsetof(percpu_scope_info, release) == 56);
static_assert(sizeof(percpu_scope_cpu) == 24);
static_assert(offsetof(percpu_scope_cpu, offset) == 16);
static_assert(sizeof(percpu_scope_cpus) == 16);
static_assert(offsetof(percpu_scope_cpus, cpus) == 8);
static_assert(sizeof(percpu_scope_field) == 24);
static_assert(offsetof(percpu_scope_field, weight) == 16);
static_assert(sizeof(percpu_scope_counter) == 176);
static_assert(offsetof(percpu_scope_counter, size) == 24);
static_assert(offsetof(percpu_scope_counter, percpu_pointer) == 40);
static_assert(offsetof(percpu_scope_counter, name) == 48);
static_assert(offsetof(percpu_scope_counter, fields) == 80);
static_assert(sizeof(percpu_scope_counters) == 16);
static_assert(offsetof(percpu_scope_counters, counters) == 8);
static_assert(sizeof(percpu_scope_idiom) == 120);
static_assert(offsetof(percpu_scope_idiom, storages) == 8);
static_assert(offsetof(percpu_scope_idiom, conserved) == 16);
static_assert(offsetof(percpu_scope_idiom, name) == 24);
static_assert(offsetof(percpu_scope_idiom, call) == 56);
static_assert(sizeof(percpu_scope_idioms) == 16);
static_assert(sizeof(percpu_scope_copy) == 16);
static_assert(offsetof(percpu_scope_copy, address) == 8);
static_assert(sizeof(percpu_scope_copies) == 24);
static_assert(offsetof(percpu_scope_copies, copies) == 16);
static_assert(sizeof(percpu_scope_record) == 16);
static_assert(sizeof(percpu_scope_snapshot) == 32);
static_assert(offsetof(percpu_scope_snapshot, size) == 16);
static_assert(offsetof(percpu_scope_snapshot, count) == 24);
static_assert(sizeof(percpu_scope_job) == 104);
static_assert(offsetof(percpu_scope_job, updates) == 8);
static_assert(offsetof(percpu_scope_job, interruptions) == 24);
static_assert(offsetof(percpu_scope_job, contexts) == 32);
static_assert(offsetof(percpu_scope_job, tally) == 40);
static_assert(offsetof(percpu_scope_job, injected) == 72);
static_assert(offsetof(percpu_scope_job, open_sections) == 80);
static_assert(offsetof(percpu_scope_job, elapsed_ns) == 88);
static_assert(offsetof(percpu_scope_job, cpu) == 96);
static_assert(sizeof(percpu_scope_verify) == 120);
static_assert(offsetof(percpu_scope_verify, reads) == 8);
static_assert(offsetof(percpu_scope_verify, done) == 24);
static_assert(offsetof(percpu_scope_verify, torn_example) == 88);
static_assert(sizeof(percpu_scope_create) == 64);
static_assert(offsetof(percpu_scope_create, size) == 40);
static_assert(offsetof(percpu_scope_create, id) == 56);
static_assert(sizeof(percpu_scope_counter_ref) == 8);
static_assert(sizeof(percpu_scope_count_calls) == 136);
static_assert(offsetof(percpu_scope_count_calls, function) == 8);
static_assert(sizeof(percpu_scope_stop_calls) == 16);
static_assert(offsetof(percpu_scope_stop_calls, missed) == 8);

static_assert(PERCPU_SCOPE_GET_INFO == 0x8080d700);
static_assert(PERCPU_SCOPE_GET_CPUS == 0xc010d701);
static_assert(PERCPU_SCOPE_LIST_COUNTERS == 0xc010d702);
static_assert(PERCPU_SCOPE_LIST_IDIOMS == 0xc010d703);
static_assert(PERCPU_SCOPE_GET_COPIES == 0xc018d704);
static_assert(PERCPU_SCOPE_SNAPSHOT == 0xc020d705);
static_assert(PERCPU_SCOPE_VERIFY == 0xc078d706);
static_assert(PERCPU_SCOPE_HAMMER == 0xc068d710);
static_assert(PERCPU_SCOPE_CREATE == 0xc040d711);
static_assert(PERCPU_SCOPE_DESTROY == 0x4008d712);
static_assert(PERCPU_SCOPE_RESET == 0x4008d713);
static_assert(PERCPU_SCOPE_COUNT_CALLS == 0x4088d714);
static_assert(PERCPU_SCOPE_STOP_CALLS == 0xc010d715);

using AbiLayout = RawDeviceTest;

TEST_F(AbiLayout, InfoTellsOfThisKernel) {
  const percpu_scope_info info = this->info();
  utsname name{};
  ASSERT_EQ(::uname(&name), 0);
  EXPECT_EQ(info.abi_version, 1U);
  EXPECT_STREQ(&info.release[0], &name.release[0]);
  EXPECT_EQ(info.page_size, ::sysconf(_SC_PAGESIZE));
  EXPECT_EQ(info.possible_cpus, ::sysconf(_SC_NPROCESSORS_CONF));
  EXPECT_EQ(info.online_cpus, ::sysconf(_SC_NPROCESSORS_ONLN));
  EXPECT_EQ(info.bits_per_long,
            std::string(&name.machine[0]).find("64") != std::string::npos ? 64 : 32);
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
                                PERCPU_SCOPE_COUNTER_APART),
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
