// SPDX-License-Identifier: GPL-2.0-only
//
// What the module says of itself, its CPUs, kinds, idioms and counters, in C++
// terms. Values only; they are made of the ABI's structs in vocabulary.hpp, and
// asking for them is device.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "percpu_scope/words.hpp"

namespace percpu_scope {

// Never used twice while the module is loaded.
enum class CounterId : std::uint32_t {};
enum class IdiomId : std::uint32_t {};

// Kernel addresses: as they are, or as distances from the first of their kind.
// Raw ones need CAP_SYSLOG when the device is opened; Error EPERM without.
enum class Addresses { relative, raw };

struct Info {
  std::uint32_t abi_version = 0;
  std::uint32_t bits_per_long = 0;  // of the kernel, not of this program
  std::uint64_t features = 0;       // PERCPU_SCOPE_FEATURE_*
  std::uint32_t possible_cpus = 0;  // how many, not the highest number
  std::uint32_t online_cpus = 0;
  std::uint32_t counters = 0;
  std::uint32_t dynamic_counters = 0;
  std::uint32_t dynamic_counters_max = 0;
  std::uint64_t dynamic_bytes = 0;  // of their copies on all possible CPUs
  std::uint64_t dynamic_bytes_max = 0;
  std::uint32_t probes = 0;  // that count calls, now
  std::uint32_t probes_max = 0;
  std::uint32_t idioms = 0;
  std::uint32_t kinds = 0;
  std::uint32_t page_size = 0;                // bytes
  std::uint32_t cache_line_size = 0;          // bytes, SMP_CACHE_BYTES
  std::uint64_t min_generator_period_ns = 0;  // shortest period a job may ask for
  std::string release;                        // utsname()->release

  [[nodiscard]] bool has(std::uint64_t feature) const { return (features & feature) == feature; }
};

// One possible CPU. Source: per_cpu_offset(), cpu_to_node(), cpu_online().
struct Cpu {
  std::uint32_t number = 0;
  std::int32_t node = 0;
  bool online = false;
  // per_cpu_offset(number), raw or minus that of the first possible CPU;
  // modulo 2^64, on 32-bit kernels modulo 2^32 and zero-extended.
  std::uint64_t offset = 0;
};

struct Field {
  std::string name;
  // What one update adds; for a pattern idiom what it adds to each half.
  std::uint64_t weight = 0;
  // It wraps at 2^bits: what it has gained is a difference of sums modulo that.
  std::uint32_t bits = 64;

  [[nodiscard]] std::uint64_t modulo(std::uint64_t value) const {
    return bits >= 64 ? value : value & ((std::uint64_t{1} << bits) - 1);
  }
};

// A storage with what is common to its counters and idioms.
struct Kind {
  Storage storage{};
  std::uint32_t number = 0;  // while the module is loaded
  std::uint32_t flags = 0;   // PERCPU_SCOPE_KIND_*
  std::uint64_t size = 0;    // bytes of one copy; of the whole for shared storage
  std::uint64_t align = 0;   // bytes
  std::vector<Field> fields;

  // Per-CPU memory.
  [[nodiscard]] bool is_percpu() const { return (flags & PERCPU_SCOPE_KIND_PERCPU) != 0; }
  // Counters of it can be created.
  [[nodiscard]] bool is_dynamic() const { return (flags & PERCPU_SCOPE_KIND_DYNAMIC) != 0; }
  // Fields read together come from the same update, on this kernel.
  [[nodiscard]] bool is_unskewed() const { return (flags & PERCPU_SCOPE_KIND_UNSKEWED) != 0; }
  // An idiom writes patterns into it.
  [[nodiscard]] bool is_verifiable() const { return (flags & PERCPU_SCOPE_KIND_VERIFIABLE) != 0; }
  // It takes injections, and counts calls.
  [[nodiscard]] bool counts_calls() const { return (flags & PERCPU_SCOPE_KIND_COUNTS_CALLS) != 0; }
};

// A macro or a call that makes counters.
struct VariantDescription {
  Variant variant{};
  std::uint32_t number = 0;
  std::uint32_t flags = 0;  // PERCPU_SCOPE_VARIANT_*

  // Makes dynamic counters.
  [[nodiscard]] bool creates() const { return (flags & PERCPU_SCOPE_VARIANT_CREATES) != 0; }
  // Takes a size and an alignment for them.
  [[nodiscard]] bool is_sized() const { return (flags & PERCPU_SCOPE_VARIANT_SIZED) != 0; }
};

struct ContextDescription {
  Context context{};
  bool supported = false;  // updates can be made in it on this machine
  std::string name;
};

struct Counter {
  CounterId id{};
  Storage storage{};
  Origin origin{};
  Variant variant{};
  std::uint32_t flags = 0;       // PERCPU_SCOPE_COUNTER_*
  std::uint32_t kind_flags = 0;  // PERCPU_SCOPE_KIND_*
  std::uint64_t size = 0;        // bytes of one copy; of the whole for shared storage
  std::uint64_t align = 0;       // bytes, as asked for
  // Raw, or minus that of the lowest static counter; 0 if it has none, or is_apart().
  std::uint64_t percpu_pointer = 0;
  std::string name;
  std::vector<Field> fields;

  // It has a __percpu pointer.
  [[nodiscard]] bool is_percpu() const { return (flags & PERCPU_SCOPE_COUNTER_PERCPU) != 0; }
  // It has one that is not shown: the distance to another chunk is an address.
  [[nodiscard]] bool is_apart() const { return (flags & PERCPU_SCOPE_COUNTER_APART) != 0; }
  // A finding has run on it since its last reset.
  [[nodiscard]] bool is_spoilt() const { return (flags & PERCPU_SCOPE_COUNTER_SPOILT) != 0; }
  // It goes with the descriptor that created it.
  [[nodiscard]] bool is_temporary() const { return (flags & PERCPU_SCOPE_COUNTER_TEMPORARY) != 0; }
  // Fields read together come from the same update, on this kernel.
  [[nodiscard]] bool is_unskewed() const { return (kind_flags & PERCPU_SCOPE_KIND_UNSKEWED) != 0; }
  // What its copies hold is folded into the shared part, by and by.
  [[nodiscard]] bool folds() const { return (kind_flags & PERCPU_SCOPE_KIND_FOLDS) != 0; }
};

struct Idiom {
  IdiomId id{};
  std::uint32_t flags = 0;       // PERCPU_SCOPE_IDIOM_*
  Storage storage{};             // of the counters that it updates
  std::uint32_t kind_flags = 0;  // PERCPU_SCOPE_KIND_*
  // The contexts that may update one copy at the same time and lose nothing.
  ContextSet conserved;
  // The contexts it can run in without hanging the CPU, lossy or not.
  ContextSet runnable;
  std::string name;
  std::string call;  // the kernel API it shows

  [[nodiscard]] bool is_pattern() const { return (flags & PERCPU_SCOPE_IDIOM_PATTERN) != 0; }
  [[nodiscard]] bool is_control() const { return (flags & PERCPU_SCOPE_IDIOM_CONTROL) != 0; }
  // A reader on another CPU never sees a torn field, on this kernel.
  [[nodiscard]] bool is_untorn() const { return (flags & PERCPU_SCOPE_IDIOM_UNTORN) != 0; }
  // In the middle of an update a reader sees more or less than was counted.
  [[nodiscard]] bool is_transient() const { return (flags & PERCPU_SCOPE_IDIOM_TRANSIENT) != 0; }
  // What it updates is per-CPU memory.
  [[nodiscard]] bool is_percpu() const { return (kind_flags & PERCPU_SCOPE_KIND_PERCPU) != 0; }
  // What it updates can be created.
  [[nodiscard]] bool is_dynamic() const { return (kind_flags & PERCPU_SCOPE_KIND_DYNAMIC) != 0; }
  [[nodiscard]] bool fits(const Storage& other) const { return storage == other; }
  [[nodiscard]] bool fits(const Counter& counter) const { return fits(counter.storage); }
};

// Where one CPU's copy of a counter lies.
struct Copy {
  std::uint32_t cpu = 0;
  std::int32_t node = 0;      // NUMA node of the page that holds the copy
  std::uint64_t address = 0;  // raw, or minus that of the first possible CPU's copy
};

// "softirq,hardirq", by the kernel's names for contexts where it is among `names`.
std::string to_string(ContextSet contexts, std::span<const ContextDescription> names);
std::string to_string(Context context, std::span<const ContextDescription> names);

// The kind, variant, counter or idiom of this name; UnknownNameError if there is none.
const Kind& find_kind(std::span<const Kind> kinds, std::string_view name);
const VariantDescription& find_variant(std::span<const VariantDescription> variants,
                                       std::string_view name);
const Counter& find_counter(std::span<const Counter> counters, std::string_view name);
const Idiom& find_idiom(std::span<const Idiom> idioms, std::string_view name);

// address == per_cpu_offset + __percpu pointer, in the kernel's own word size:
// the pointer that a copy's address gives back. Where all three are relative,
// equal results on every CPU prove the identity as well as raw ones do.
// Source: per_cpu_ptr() is SHIFT_PERCPU_PTR(ptr, per_cpu_offset(cpu)),
// include/linux/percpu-defs.h.
std::uint64_t percpu_pointer_from(std::uint64_t address, std::uint64_t offset,
                                  std::uint32_t bits_per_long);

}  // namespace percpu_scope
