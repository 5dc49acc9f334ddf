// SPDX-License-Identifier: GPL-2.0-only
//
// The arithmetic of conservation: what the tallies of jobs say a counter must
// have gained, against what it gained. Pure functions of numbers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/requests.hpp"
#include "percpu_scope/snapshot.hpp"

namespace percpu_scope {

// How numbers of a field add up: as one u64 modulo 2^64, of which an update adds the
// weight, or, for PERCPU_SCOPE_IDIOM_BOTH_HALVES, the weight to both halves at once; or,
// for pattern idioms, as two u32 halves modulo 2^32 each, with no carry between them.
enum class Arithmetic { sum, both_halves, pattern };

constexpr Arithmetic arithmetic_of(const Idiom& idiom) {
  if ((idiom.flags & PERCPU_SCOPE_IDIOM_PATTERN) != 0) return Arithmetic::pattern;
  return (idiom.flags & PERCPU_SCOPE_IDIOM_BOTH_HALVES) != 0 ? Arithmetic::both_halves
                                                             : Arithmetic::sum;
}

constexpr std::uint64_t add(Arithmetic arithmetic, std::uint64_t left, std::uint64_t right) {
  if (arithmetic != Arithmetic::pattern) return left + right;
  const std::uint64_t low = (left + right) & 0xffff'ffffU;
  const std::uint64_t high = ((left >> 32) + (right >> 32)) & 0xffff'ffffU;
  return high << 32 | low;
}

constexpr std::uint64_t subtract(Arithmetic arithmetic, std::uint64_t left, std::uint64_t right) {
  if (arithmetic != Arithmetic::pattern) return left - right;
  const std::uint64_t low = (left - right) & 0xffff'ffffU;
  const std::uint64_t high = ((left >> 32) - (right >> 32)) & 0xffff'ffffU;
  return high << 32 | low;
}

// What `updates` updates of this weight add to a field.
constexpr std::uint64_t gain(Arithmetic arithmetic, std::uint64_t updates, std::uint64_t weight) {
  const std::uint64_t product = updates * weight;
  if (arithmetic == Arithmetic::sum) return product;
  if (arithmetic == Arithmetic::both_halves) return (product << 32) + product;
  const std::uint64_t half = product & 0xffff'ffffU;
  return half << 32 | half;
}

// No writer of patterns ever wrote this value.
constexpr bool is_torn(std::uint64_t value) { return (value >> 32) != (value & 0xffff'ffffU); }

// One field, issued against counted.
struct Conservation {
  std::string field;
  std::uint64_t issued = 0;   // from the tallies
  std::uint64_t counted = 0;  // from the snapshots before and after
  // issued minus counted, modulo as the arithmetic says; 0 is exact.
  std::uint64_t lost = 0;

  [[nodiscard]] bool exact() const { return lost == 0; }
};

// Every field of `counter`, for tallies adding up to `updates`. The change is
// summed here over shared and CPUs only for patterns: their halves must not
// carry, and the kernel's sum does.
std::vector<Conservation> conservation_of(const Counter& counter, Arithmetic arithmetic,
                                          std::uint64_t updates, const Record& before,
                                          const Record& after);

// All fields exact, and there is at least one.
bool all_exact(std::span<const Conservation> fields);

}  // namespace percpu_scope
