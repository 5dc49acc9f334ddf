// SPDX-License-Identifier: GPL-2.0-only
//
// AbiLayout: what the kernel fills in lies where this program looks for it, and the lists
// that describe the module agree with each other. Sizes, places and commands are written
// down in kmod/abi_layout.h, for both. They are the same for 32-bit callers, so the 32-bit
// program runs these on a 64-bit kernel.
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
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

// A name, its NUL, and nothing behind it: not even leftovers.
template <std::size_t Size>
void expect_name(const char (&array)[Size]) {
  const std::string name = text_in(array);
  EXPECT_FALSE(name.empty());
  ASSERT_LT(name.size(), Size) << "no NUL";
  EXPECT_TRUE(std::all_of(&array[name.size()], &array[Size], [](char one) { return one == 0; }))
      << name << ": something is behind it";
}

TEST_F(AbiLayout, InfoTellsOfThisKernel) {
  const percpu_scope_info info = this->info();
  utsname name{};
  ASSERT_EQ(::uname(&name), 0);
  EXPECT_EQ(info.size, sizeof(info));
  EXPECT_EQ(info.abi_version, 2U);
  EXPECT_STREQ(&info.release[0], &name.release[0]);
  EXPECT_EQ(info.page_size, ::sysconf(_SC_PAGESIZE));
  EXPECT_EQ(info.possible_cpus, ::sysconf(_SC_NPROCESSORS_CONF));
  EXPECT_EQ(info.online_cpus, ::sysconf(_SC_NPROCESSORS_ONLN));
  EXPECT_EQ(info.bits_per_long, bits_of_kernel());
  EXPECT_EQ((info.features & PERCPU_SCOPE_FEATURE_SYNCP) != 0, info.bits_per_long == 32);
  EXPECT_EQ(info.cache_line_size & (info.cache_line_size - 1), 0U);
  EXPECT_GE(info.cache_line_size, 8U);
  EXPECT_GT(info.min_generator_period_ns, 0U);
  constexpr std::uint64_t known = PERCPU_SCOPE_FEATURE_CONTROLS | PERCPU_SCOPE_FEATURE_SYNCP |
                                  PERCPU_SCOPE_FEATURE_RAW | PERCPU_SCOPE_FEATURE_RT |
                                  PERCPU_SCOPE_FEATURE_NMI | PERCPU_SCOPE_FEATURE_SMP |
                                  PERCPU_SCOPE_FEATURE_KPROBES | PERCPU_SCOPE_FEATURE_PREEMPT;
  EXPECT_EQ(info.features & ~known, 0U);
}

TEST_F(AbiLayout, InfoCountsWhatIsListed) {
  const percpu_scope_info before = info();
  EXPECT_EQ(before.kinds, kinds().size());
  EXPECT_EQ(before.idioms, idioms().size());
  EXPECT_EQ(before.counters, counters().size());
  EXPECT_EQ(before.possible_cpus, length_of(PERCPU_SCOPE_LIST_CPUS));
  EXPECT_LT(before.dynamic_counters, before.dynamic_counters_max);
  // One counter more, with a copy on each possible CPU.
  const std::uint32_t made = make("abi-counted");
  const percpu_scope_info with = info();
  std::uint64_t bytes = 0;
  for (const percpu_scope_counter& one : counters())
    if (one.counter == made) bytes = one.bytes;
  EXPECT_EQ(with.counters, before.counters + 1);
  EXPECT_EQ(with.dynamic_counters, before.dynamic_counters + 1);
  EXPECT_GE(with.dynamic_bytes, before.dynamic_bytes + bytes * before.possible_cpus);
  EXPECT_LT(with.dynamic_bytes, with.dynamic_bytes_max);
  EXPECT_EQ(destroy(made), Errno{});
  EXPECT_TRUE(eventually([&] { return info().dynamic_bytes <= before.dynamic_bytes; }));
  EXPECT_LE(info().dynamic_counters, before.dynamic_counters);
}

TEST_F(AbiLayout, ContextsHaveNames) {
  const auto list = this->list<percpu_scope_context_name>(PERCPU_SCOPE_LIST_CONTEXTS);
  std::map<std::uint32_t, std::string> names;
  std::set<std::string> different;
  for (const percpu_scope_context_name& one : list) {
    expect_name(one.name);
    EXPECT_LE(one.supported, 1U) << text_in(one.name);
    EXPECT_LT(one.context, std::uint32_t{PERCPU_SCOPE_CONTEXTS_MAX}) << "no room in a tally";
    EXPECT_TRUE(names.emplace(one.context, text_in(one.name)).second) << one.context;
    EXPECT_TRUE(different.insert(text_in(one.name)).second);
    if (one.context == PERCPU_SCOPE_CONTEXT_NMI) {
      EXPECT_EQ(one.supported != 0, has(PERCPU_SCOPE_FEATURE_NMI));
    } else if (one.context < PERCPU_SCOPE_CONTEXT_COUNT) {
      EXPECT_EQ(one.supported, 1U) << text_in(one.name);
    }
  }
  // Those that this header knows are all there, by the words that it uses.
  EXPECT_EQ(names[PERCPU_SCOPE_CONTEXT_TASK], "task");
  EXPECT_EQ(names[PERCPU_SCOPE_CONTEXT_SOFTIRQ], "softirq");
  EXPECT_EQ(names[PERCPU_SCOPE_CONTEXT_HARDIRQ], "hardirq");
  EXPECT_EQ(names[PERCPU_SCOPE_CONTEXT_NMI], "nmi");
}

TEST_F(AbiLayout, VariantsAreDescribedInFull) {
  std::set<std::uint32_t> numbers;
  std::set<std::string> names;
  for (const percpu_scope_variant& one : variants()) {
    expect_name(one.name);
    EXPECT_TRUE(numbers.insert(one.variant).second) << text_in(one.name);
    EXPECT_TRUE(names.insert(text_in(one.name)).second) << text_in(one.name);
    EXPECT_EQ(one.flags & ~(PERCPU_SCOPE_VARIANT_CREATES | PERCPU_SCOPE_VARIANT_SIZED), 0U);
    // What takes a size is made.
    if ((one.flags & PERCPU_SCOPE_VARIANT_SIZED) != 0) {
      EXPECT_NE(one.flags & PERCPU_SCOPE_VARIANT_CREATES, 0U) << text_in(one.name);
    }
  }
  for (const char* const name :
       {"DEFINE_PER_CPU", "DEFINE_PER_CPU_SHARED_ALIGNED", "DEFINE_PER_CPU_ALIGNED",
        "DEFINE_PER_CPU_READ_MOSTLY", "alloc_percpu", "__alloc_percpu", "alloc_percpu_gfp"})
    EXPECT_TRUE(names.contains(name)) << name;
}

TEST_F(AbiLayout, KindsAreDescribedInFull) {
  constexpr std::uint32_t known = PERCPU_SCOPE_KIND_PERCPU | PERCPU_SCOPE_KIND_UNSKEWED |
                                  PERCPU_SCOPE_KIND_VERIFIABLE | PERCPU_SCOPE_KIND_COUNTS_CALLS |
                                  PERCPU_SCOPE_KIND_DYNAMIC | PERCPU_SCOPE_KIND_FOLDS;
  constexpr std::uint32_t of_per_cpu_memory =
      PERCPU_SCOPE_KIND_COUNTS_CALLS | PERCPU_SCOPE_KIND_DYNAMIC;
  std::set<std::uint32_t> numbers;
  std::set<std::string> names;
  std::set<std::uint32_t> with_patterns;
  std::set<std::uint32_t> with_idioms;
  for (const percpu_scope_idiom& idiom : idioms()) {
    if ((idiom.flags & PERCPU_SCOPE_IDIOM_PATTERN) != 0) with_patterns.insert(idiom.kind);
    if ((idiom.flags & PERCPU_SCOPE_IDIOM_CONTROL) == 0) with_idioms.insert(idiom.kind);
  }
  for (const percpu_scope_kind& one : kinds()) {
    SCOPED_TRACE(text_in(one.name));
    expect_name(one.name);
    EXPECT_TRUE(numbers.insert(one.kind).second);
    EXPECT_TRUE(names.insert(text_in(one.name)).second);
    EXPECT_EQ(one.flags & ~known, 0U);
    if ((one.flags & PERCPU_SCOPE_KIND_PERCPU) == 0) {
      EXPECT_EQ(one.flags & of_per_cpu_memory, 0U);
    }
    EXPECT_EQ(one.reserved, 0U);
    EXPECT_GE(one.size, one.field_count);
    EXPECT_GT(one.align, 0U);
    EXPECT_EQ(one.align & (one.align - 1), 0U);
    EXPECT_EQ((one.flags & PERCPU_SCOPE_KIND_VERIFIABLE) != 0, with_patterns.contains(one.kind));
    EXPECT_TRUE(with_idioms.contains(one.kind)) << "nothing correct updates it";
  }
}

// Both tell how many fields a kind has, and in which order the kinds are.
TEST_F(AbiLayout, FieldsAgreeWithTheirKinds) {
  const std::vector<percpu_scope_kind> kinds = this->kinds();
  const auto fields = list<percpu_scope_field>(PERCPU_SCOPE_LIST_FIELDS);
  std::size_t next = 0;
  for (const percpu_scope_kind& kind : kinds) {
    SCOPED_TRACE(text_in(kind.name));
    ASSERT_GE(kind.field_count, 1U);
    std::set<std::string> names;
    for (std::uint32_t i = 0; i < kind.field_count; ++i, ++next) {
      ASSERT_LT(next, fields.size());
      EXPECT_EQ(fields[next].kind, kind.kind);
      // Of a word as much as there is of it; of a struct what its counts are, part of which
      // may lie elsewhere than in the copy.
      EXPECT_TRUE(fields[next].bits == 64 || fields[next].bits == info().bits_per_long ||
                  fields[next].bits == 8 * kind.size);
      EXPECT_GT(fields[next].weight, 0U);
      expect_name(fields[next].name);
      EXPECT_TRUE(names.insert(text_in(fields[next].name)).second);
      // The first one tells the updates.
      if (i == 0) {
        EXPECT_EQ(fields[next].weight, 1U);
      }
    }
  }
  EXPECT_EQ(next, fields.size()) << "fields of no kind";
}

TEST_F(AbiLayout, CountersAreDescribedInFull) {
  constexpr std::uint32_t known = PERCPU_SCOPE_COUNTER_PERCPU | PERCPU_SCOPE_COUNTER_APART |
                                  PERCPU_SCOPE_COUNTER_SPOILT | PERCPU_SCOPE_COUNTER_TEMPORARY;
  std::map<std::uint32_t, percpu_scope_kind> kinds;
  for (const percpu_scope_kind& kind : this->kinds()) kinds[kind.kind] = kind;
  std::set<std::uint32_t> variants;
  for (const percpu_scope_variant& variant : this->variants()) variants.insert(variant.variant);
  std::set<std::uint32_t> numbers;
  std::set<std::string> names;
  for (const percpu_scope_counter& counter : counters()) {
    const std::string name = text_in(counter.name);
    SCOPED_TRACE(name);
    expect_name(counter.name);
    EXPECT_TRUE(numbers.insert(counter.counter).second);
    EXPECT_TRUE(names.insert(name).second);
    ASSERT_TRUE(kinds.contains(counter.kind));
    EXPECT_TRUE(variants.contains(counter.variant));
    EXPECT_LE(counter.origin, std::uint32_t{PERCPU_SCOPE_ORIGIN_DYNAMIC});
    EXPECT_EQ(counter.flags & ~known, 0U);
    EXPECT_EQ(counter.reserved, 0U);
    EXPECT_GE(counter.bytes, kinds[counter.kind].size);
    if (counter.origin == PERCPU_SCOPE_ORIGIN_STATIC) {
      EXPECT_EQ(counter.flags & (PERCPU_SCOPE_COUNTER_APART | PERCPU_SCOPE_COUNTER_TEMPORARY), 0U);
    }
    EXPECT_EQ((counter.flags & PERCPU_SCOPE_COUNTER_PERCPU) != 0,
              (kinds[counter.kind].flags & PERCPU_SCOPE_KIND_PERCPU) != 0);
    if ((counter.flags & PERCPU_SCOPE_COUNTER_PERCPU) == 0) {
      EXPECT_EQ(counter.percpu_pointer, 0U);
    }
  }
}

TEST_F(AbiLayout, IdiomsAreDescribedInFull) {
  constexpr std::uint32_t known = PERCPU_SCOPE_IDIOM_PATTERN | PERCPU_SCOPE_IDIOM_CONTROL |
                                  PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_BOTH_HALVES |
                                  PERCPU_SCOPE_IDIOM_TRANSIENT;
  constexpr std::uint32_t arithmetic = PERCPU_SCOPE_IDIOM_PATTERN | PERCPU_SCOPE_IDIOM_BOTH_HALVES;
  std::set<std::uint32_t> kinds;
  for (const percpu_scope_kind& kind : this->kinds()) kinds.insert(kind.kind);
  std::set<std::uint32_t> numbers;
  std::set<std::string> names;
  for (const percpu_scope_idiom& idiom : idioms()) {
    SCOPED_TRACE(text_in(idiom.name));
    expect_name(idiom.name);
    expect_name(idiom.call);
    EXPECT_TRUE(numbers.insert(idiom.idiom).second);
    EXPECT_TRUE(names.insert(text_in(idiom.name)).second);
    EXPECT_TRUE(kinds.contains(idiom.kind));
    EXPECT_EQ(idiom.reserved, 0U);
    // What it conserves it can run in, and all run in a task.
    EXPECT_EQ(idiom.conserved & ~idiom.runnable, 0U);
    EXPECT_EQ(idiom.runnable & 1U, 1U);
    // Some controls conserve nowhere; a correct idiom is good for something.
    if ((idiom.flags & PERCPU_SCOPE_IDIOM_CONTROL) == 0) {
      EXPECT_EQ(idiom.conserved & 1U, 1U);
    }
    EXPECT_EQ(idiom.runnable >> PERCPU_SCOPE_CONTEXT_COUNT, 0U);
    EXPECT_EQ(idiom.flags & ~known, 0U);
    EXPECT_NE(idiom.flags & arithmetic, arithmetic);
    EXPECT_EQ(idiom.flags & PERCPU_SCOPE_IDIOM_CONTROL,
              text_in(idiom.name).starts_with("control_") ? PERCPU_SCOPE_IDIOM_CONTROL : 0U);
  }
}

// The compiler may split a plain access, on a 64-bit kernel as well.
TEST_F(AbiLayout, PlainCPromisesNoWholeReadings) {
  const std::set<std::string> plain{"get_cpu_var", "get_cpu_ptr", "this_cpu_ptr", "array_packed",
                                    "array_padded"};
  std::size_t found = 0;
  for (const percpu_scope_idiom& idiom : idioms()) {
    if (!plain.contains(text_in(idiom.name))) continue;
    ++found;
    EXPECT_EQ(idiom.flags & PERCPU_SCOPE_IDIOM_UNTORN, 0U) << text_in(idiom.name);
  }
  EXPECT_EQ(found, plain.size());
}

}  // namespace
}  // namespace percpu_scope::guest
