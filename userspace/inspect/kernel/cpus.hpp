// SPDX-License-Identifier: GPL-2.0-only
//
// Which CPUs there are, by number: there may be gaps. In a container what may be run on
// is a third thing, which is not known here.
#pragma once

#include <cstdint>
#include <vector>

namespace percpu_scope::inspect {

// From /sys/devices/system/cpu/possible and online, ascending.
std::vector<std::uint32_t> possible_cpus();
std::vector<std::uint32_t> online_cpus();
// 0 without NUMA, -1 where the kernel does not say.
std::int32_t node_of(std::uint32_t cpu);

}  // namespace percpu_scope::inspect
