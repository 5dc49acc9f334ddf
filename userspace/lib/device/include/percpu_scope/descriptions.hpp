// SPDX-License-Identifier: GPL-2.0-only
//
// What the module says of itself, its CPUs, counters and idioms: the ABI's
// reply structs in C++ terms. Values only; asking for them is device.hpp.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
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

// PERCPU_SCOPE_GET_INFO.
struct Info {
  std::uint32_t abi_version = 0;
  std::uint32_t bits_per_long = 0;  // of the kernel, not of this program
  std::uint64_t features = 0;       // PERCPU_SCOPE_FEATURE_*
  std::uint32_t possible_cpus = 0;  // how many, not the highest number
  std::uint32_t online_cpus = 0;
  std::uint32_t counters = 0;
  std::uint32_t dynamic_counters = 0;
  std::uint32_t dynamic_counters_max = 0;
  std::uint32_t idioms = 0;
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
};

struct Counter {
  CounterId id{};
  Storage storage{};
  Origin origin{};
  Variant variant{};
  std::uint32_t flags = 0;  // PERCPU_SCOPE_COUNTER_*
  std::uint64_t size = 0;   // bytes of one copy; of the whole for shared storage
  std::uint64_t align = 0;  // bytes, as asked for
  // Raw, or minus that of the lowest static counter; 0 if it has none, or is_apart().
  std::uint64_t percpu_pointer = 0;
  std::string name;
  std::vector<Field> fields;

  // It has a __percpu pointer.
  [[nodiscard]] bool is_percpu() const { return (flags & PERCPU_SCOPE_COUNTER_PERCPU) != 0; }
  // It has one that is not shown: the distance to another chunk is an address.
  [[nodiscard]] bool is_apart() const { return (flags & PERCPU_SCOPE_COUNTER_APART) != 0; }
  // Fields read together come from the same update, on this kernel.
  // A finding has run on it since its last reset.
  [[nodiscard]] bool is_spoilt() const { return (flags & PERCPU_SCOPE_COUNTER_SPOILT) != 0; }
  [[nodiscard]] bool is_unskewed() const { return (flags & PERCPU_SCOPE_COUNTER_UNSKEWED) != 0; }
};

struct Idiom {
  IdiomId id{};
  std::uint32_t flags = 0;     // PERCPU_SCOPE_IDIOM_*
  std::uint64_t storages = 0;  // mask of 1 << Storage
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
  [[nodiscard]] bool fits(Storage storage) const {
    const auto number = static_cast<std::uint32_t>(storage);
    return number < 64 && (storages >> number & 1) != 0;
  }
  [[nodiscard]] bool fits(const Counter& counter) const { return fits(counter.storage); }
};

// Where one CPU's copy of a counter lies; PERCPU_SCOPE_GET_COPIES.
struct Copy {
  std::uint32_t cpu = 0;
  std::int32_t node = 0;      // NUMA node of the page that holds the copy
  std::uint64_t address = 0;  // raw, or minus that of the first possible CPU's copy
};

// A name in the ABI; one that fills its array has no NUL.
template <std::size_t Size>
std::string to_text(const char (&array)[Size]) {
  return {&array[0], ::strnlen(&array[0], Size)};
}

// As the module describes them. A newer one may know storages, variants, contexts and
// flags that this library does not: they keep their numbers. MalformedError if there are
// more fields than there is room for.
Counter counter_of(const percpu_scope_counter& abi);
Idiom idiom_of(const percpu_scope_idiom& abi);

// The counter or idiom of this name; UnknownNameError if there is none.
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
