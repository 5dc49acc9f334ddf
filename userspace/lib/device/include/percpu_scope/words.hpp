// SPDX-License-Identifier: GPL-2.0-only
//
// The words of percpu-scope as C++ types, and the one place that spells those that
// are not the kernel's. No request, no rendering: only names and sets of them.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <percpu_scope.h>

namespace percpu_scope {

// A word that the kernel chooses: whatever it says is one, and its letters are all there is
// to it. So this library has those of a newer module, too.
template <typename Self>
class KernelWord {
 public:
  constexpr KernelWord() = default;
  // std::length_error from PERCPU_SCOPE_NAME_SIZE bytes on, for which the ABI has no room.
  constexpr explicit KernelWord(std::string_view text) {
    if (text.size() >= letters_.size()) throw std::length_error("a word is too long");
    std::copy(text.begin(), text.end(), letters_.begin());
  }

  [[nodiscard]] constexpr std::string_view text() const {
    const auto* const end = std::find(letters_.begin(), letters_.end(), '\0');
    return {letters_.data(), static_cast<std::size_t>(end - letters_.begin())};
  }

  friend constexpr bool operator==(const Self& left, const Self& right) {
    return left.text() == right.text();
  }
  friend constexpr auto operator<=>(const Self& left, const Self& right) {
    return left.text() <=> right.text();
  }

 private:
  std::array<char, PERCPU_SCOPE_NAME_SIZE> letters_{};
};

// How a counter lies in memory: the name of a kind. Source of what those here promise:
// asm/local64.h, linux/u64_stats_sync.h (a seqcount where BITS_PER_LONG == 32),
// linux/seqlock.h, linux/atomic.h, linux/spinlock.h, lib/percpu_counter.c.
class Storage : public KernelWord<Storage> {
 public:
  using KernelWord::KernelWord;

  static const Storage u64;
  static const Storage local64;
  static const Storage u64_stats;
  static const Storage seqcount;
  static const Storage atomic64;
  static const Storage spinlock;
  static const Storage array_packed;
  static const Storage array_padded;
  static const Storage percpu_counter;
};

inline constexpr Storage Storage::u64{"u64"};
inline constexpr Storage Storage::local64{"local64"};
inline constexpr Storage Storage::u64_stats{"u64_stats"};
inline constexpr Storage Storage::seqcount{"seqcount"};
inline constexpr Storage Storage::atomic64{"atomic64"};
inline constexpr Storage Storage::spinlock{"spinlock"};
inline constexpr Storage Storage::array_packed{"array_packed"};
inline constexpr Storage Storage::array_padded{"array_padded"};
inline constexpr Storage Storage::percpu_counter{"percpu_counter"};

enum class Origin : std::uint32_t {
  static_ = PERCPU_SCOPE_ORIGIN_STATIC,
  dynamic = PERCPU_SCOPE_ORIGIN_DYNAMIC,
};

// The macro or the call that made a counter. Source: include/linux/percpu-defs.h for the
// macros (_FIRST is gone since 7.3), mm/percpu.c for the calls: at most PCPU_MIN_UNIT_SIZE
// bytes, aligned to a power of two up to a page.
class Variant : public KernelWord<Variant> {
 public:
  using KernelWord::KernelWord;

  static const Variant define_per_cpu;
  static const Variant define_per_cpu_first;
  static const Variant define_per_cpu_shared_aligned;
  static const Variant define_per_cpu_aligned;
  static const Variant define_per_cpu_page_aligned;
  static const Variant define_per_cpu_read_mostly;
  static const Variant alloc_percpu;
  static const Variant alloc_percpu_sized;  // __alloc_percpu(size, align)
  static const Variant alloc_percpu_gfp;
  static const Variant ordinary;  // not per-CPU memory at all
};

inline constexpr Variant Variant::define_per_cpu{"DEFINE_PER_CPU"};
inline constexpr Variant Variant::define_per_cpu_first{"DEFINE_PER_CPU_FIRST"};
inline constexpr Variant Variant::define_per_cpu_shared_aligned{"DEFINE_PER_CPU_SHARED_ALIGNED"};
inline constexpr Variant Variant::define_per_cpu_aligned{"DEFINE_PER_CPU_ALIGNED"};
inline constexpr Variant Variant::define_per_cpu_page_aligned{"DEFINE_PER_CPU_PAGE_ALIGNED"};
inline constexpr Variant Variant::define_per_cpu_read_mostly{"DEFINE_PER_CPU_READ_MOSTLY"};
inline constexpr Variant Variant::alloc_percpu{"alloc_percpu"};
inline constexpr Variant Variant::alloc_percpu_sized{"__alloc_percpu"};
inline constexpr Variant Variant::alloc_percpu_gfp{"alloc_percpu_gfp"};
inline constexpr Variant Variant::ordinary{"ordinary"};

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

// Spellings. Of contexts and origins a newer module may have more than this library knows:
// those are "context-7" and the like, where nobody has asked it for their names.
std::string to_string(const Storage& storage);
std::string to_string(Origin origin);
std::string to_string(const Variant& variant);
std::string to_string(Context context);

// The inverse of to_string() for an origin or a context; nothing if the word is unknown.
template <typename Word>
std::optional<Word> from_string(std::string_view text);
// Every spelling of origins or of contexts, in the ABI's order.
template <typename Word>
std::span<const std::string_view> spellings();
// The enumerator with this number in the ABI; nothing if there is none.
template <typename Word>
std::optional<Word> from_number(std::uint32_t number);

// A set of contexts, as the ABI's mask of 1 << context; those of a newer module, too.
class ContextSet {
 public:
  static constexpr std::uint32_t most = 64;

  constexpr ContextSet() = default;
  constexpr explicit ContextSet(std::uint64_t mask) : mask_(mask) {}
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
  [[nodiscard]] constexpr std::uint64_t mask() const { return mask_; }
  // In the ABI's order.
  [[nodiscard]] std::vector<Context> elements() const;
  constexpr void insert(Context context) { mask_ |= bit(context); }
  constexpr void erase(Context context) { mask_ &= ~bit(context); }
  constexpr bool operator==(const ContextSet&) const = default;
  constexpr ContextSet operator|(ContextSet other) const { return ContextSet(mask_ | other.mask_); }
  constexpr ContextSet operator&(ContextSet other) const { return ContextSet(mask_ & other.mask_); }
  // Those that `other` has not.
  constexpr ContextSet operator-(ContextSet other) const {
    return ContextSet(mask_ & ~other.mask_);
  }

 private:
  // None for what no mask has room for.
  static constexpr std::uint64_t bit(Context context) {
    const auto number = static_cast<std::uint32_t>(context);
    return number < most ? std::uint64_t{1} << number : 0;
  }

  std::uint64_t mask_ = 0;
};

// "softirq,hardirq", and "-" for the empty set.
std::string to_string(ContextSet contexts);

}  // namespace percpu_scope
