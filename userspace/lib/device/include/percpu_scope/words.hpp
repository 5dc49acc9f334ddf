// SPDX-License-Identifier: GPL-2.0-only
//
// The words of percpu-scope as C++ types, and the one place that spells them.
// No request, no rendering: only names, numbers and sets of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <percpu_scope.h>

namespace percpu_scope {

// How a counter lies in memory; enum percpu_scope_storage. Source of what each promises:
// asm/local64.h, linux/u64_stats_sync.h (a seqcount where BITS_PER_LONG == 32),
// linux/seqlock.h, linux/atomic.h, linux/spinlock.h, lib/percpu_counter.c.
enum class Storage : std::uint32_t {
  u64 = PERCPU_SCOPE_STORAGE_U64,
  local64 = PERCPU_SCOPE_STORAGE_LOCAL64,
  u64_stats = PERCPU_SCOPE_STORAGE_U64_STATS,
  seqcount = PERCPU_SCOPE_STORAGE_SEQCOUNT,
  atomic64 = PERCPU_SCOPE_STORAGE_ATOMIC64,
  spinlock = PERCPU_SCOPE_STORAGE_SPINLOCK,
  array_packed = PERCPU_SCOPE_STORAGE_ARRAY_PACKED,
  array_padded = PERCPU_SCOPE_STORAGE_ARRAY_PADDED,
  percpu_counter = PERCPU_SCOPE_STORAGE_PERCPU_COUNTER,
};

enum class Origin : std::uint32_t {
  static_ = PERCPU_SCOPE_ORIGIN_STATIC,
  dynamic = PERCPU_SCOPE_ORIGIN_DYNAMIC,
};

// The macro or the call that made a counter; enum percpu_scope_variant. Source:
// include/linux/percpu-defs.h for the macros (_FIRST is gone since 7.3), mm/percpu.c for
// the calls: at most PCPU_MIN_UNIT_SIZE bytes, aligned to a power of two up to a page.
enum class Variant : std::uint32_t {
  define_per_cpu = PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU,
  define_per_cpu_first = PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_FIRST,
  define_per_cpu_shared_aligned = PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_SHARED_ALIGNED,
  define_per_cpu_aligned = PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_ALIGNED,
  define_per_cpu_page_aligned = PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_PAGE_ALIGNED,
  define_per_cpu_read_mostly = PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_READ_MOSTLY,
  alloc_percpu = PERCPU_SCOPE_VARIANT_ALLOC_PERCPU,
  alloc_percpu_sized = PERCPU_SCOPE_VARIANT___ALLOC_PERCPU,  // __alloc_percpu(size, align)
  alloc_percpu_gfp = PERCPU_SCOPE_VARIANT_ALLOC_PERCPU_GFP,
  ordinary = PERCPU_SCOPE_VARIANT_ORDINARY,
};

// Where an update runs; enum percpu_scope_context.
enum class Context : std::uint32_t {
  task = PERCPU_SCOPE_CONTEXT_TASK,
  softirq = PERCPU_SCOPE_CONTEXT_SOFTIRQ,
  hardirq = PERCPU_SCOPE_CONTEXT_HARDIRQ,
  nmi = PERCPU_SCOPE_CONTEXT_NMI,
};

inline constexpr std::size_t context_count = PERCPU_SCOPE_CONTEXT_COUNT;
inline constexpr std::uint32_t context_sets = 1U << context_count;  // the empty one, too
inline constexpr std::array<Context, context_count> all_contexts{Context::task, Context::softirq,
                                                                 Context::hardirq, Context::nmi};

// Spellings. The kernel macro or call itself where the word stands for one. A newer
// module may know words that this library does not: those are "storage-42" and the like.
std::string to_string(Storage storage);
std::string to_string(Origin origin);
std::string to_string(Variant variant);
std::string to_string(Context context);

// The inverse of to_string() for one of the four enums; nothing if the word is unknown.
template <typename Word>
std::optional<Word> from_string(std::string_view text);
// Every spelling of one of the four enums, in the ABI's order.
template <typename Word>
std::span<const std::string_view> spellings();
// The enumerator with this number in the ABI; nothing if there is none.
template <typename Word>
std::optional<Word> from_number(std::uint32_t number);

// A set of contexts, as the ABI's mask of 1 << context.
class ContextSet {
 public:
  constexpr ContextSet() = default;
  constexpr explicit ContextSet(std::uint32_t mask) : mask_(mask) {}
  constexpr ContextSet(std::initializer_list<Context> contexts) {
    for (const Context context : contexts) insert(context);
  }

  [[nodiscard]] constexpr bool contains(Context context) const {
    return (mask_ & bit(context)) != 0;
  }
  [[nodiscard]] constexpr bool contains(ContextSet other) const {
    return (mask_ & other.mask_) == other.mask_;
  }
  [[nodiscard]] constexpr bool empty() const { return mask_ == 0; }
  [[nodiscard]] constexpr std::uint32_t mask() const { return mask_; }
  constexpr void insert(Context context) { mask_ |= bit(context); }
  constexpr void erase(Context context) { mask_ &= ~bit(context); }
  constexpr bool operator==(const ContextSet&) const = default;
  constexpr ContextSet operator|(ContextSet other) const { return ContextSet(mask_ | other.mask_); }
  constexpr ContextSet operator&(ContextSet other) const { return ContextSet(mask_ & other.mask_); }

 private:
  static constexpr std::uint32_t bit(Context context) {
    return std::uint32_t{1} << static_cast<std::uint32_t>(context);
  }

  std::uint32_t mask_ = 0;
};

// "softirq,hardirq", and "-" for the empty set.
std::string to_string(ContextSet contexts);

}  // namespace percpu_scope
