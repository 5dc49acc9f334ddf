// SPDX-License-Identifier: GPL-2.0-only
//
// What came in a time, per second.
#pragma once

#include <chrono>
#include <cstdint>

namespace percpu_scope::cli {

// Of measured time; 0 for none. A rate that no u64 holds is the greatest there is: it is of
// what is no counter.
std::uint64_t per_second(std::uint64_t gained, std::chrono::nanoseconds interval);

}  // namespace percpu_scope::cli
