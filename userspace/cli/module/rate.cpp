// SPDX-License-Identifier: GPL-2.0-only
#include "cli/module/rate.hpp"

#include "percpu_scope/prove/saturated.hpp"

namespace percpu_scope::cli {

std::uint64_t per_second(std::uint64_t gained, std::chrono::nanoseconds interval) {
  if (interval.count() <= 0) return 0;
  return saturated(static_cast<double>(gained) / std::chrono::duration<double>(interval).count());
}

}  // namespace percpu_scope::cli
