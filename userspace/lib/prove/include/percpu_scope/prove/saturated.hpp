// SPDX-License-Identifier: GPL-2.0-only
//
// From measured doubles back to whole numbers.
#pragma once

#include <cstdint>

namespace percpu_scope {

// What no u64 holds becomes the one that is nearest, and no number 0: the conversion itself
// is undefined there, and gives rubbish on every processor.
constexpr std::uint64_t saturated(double value) {
  constexpr double beyond = 18446744073709551616.0;  // 2^64
  if (!(value > 0)) return 0;
  return value < beyond ? static_cast<std::uint64_t>(value) : UINT64_MAX;
}

}  // namespace percpu_scope
