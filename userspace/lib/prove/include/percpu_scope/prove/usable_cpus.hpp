// SPDX-License-Identifier: GPL-2.0-only
//
// The CPUs that work can be put on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/prove/pinned_threads.hpp"

namespace percpu_scope {

// Of `cpus` those that are online and among `allowed`, ascending as they are: in a container
// or below taskset(1) a process has fewer CPUs than the machine.
std::vector<std::uint32_t> usable_cpus(std::span<const Cpu> cpus,
                                       std::span<const std::uint32_t> allowed = allowed_cpus());

}  // namespace percpu_scope
