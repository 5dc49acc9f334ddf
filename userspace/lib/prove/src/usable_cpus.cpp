// SPDX-License-Identifier: GPL-2.0-only
#include "percpu_scope/prove/usable_cpus.hpp"

#include <algorithm>

namespace percpu_scope {

std::vector<std::uint32_t> usable_cpus(std::span<const Cpu> cpus,
                                       std::span<const std::uint32_t> allowed) {
  std::vector<std::uint32_t> usable;
  for (const Cpu& cpu : cpus)
    if (cpu.online && std::binary_search(allowed.begin(), allowed.end(), cpu.number))
      usable.push_back(cpu.number);
  return usable;
}

}  // namespace percpu_scope
