// SPDX-License-Identifier: GPL-2.0-only
//
// Counters, idioms and snapshots as a module could describe them.
#pragma once

#include <cstdint>
#include <vector>

#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/snapshot.hpp"

namespace percpu_scope::samples {

// Id 1, one field of weight 1.
Counter plain();
// Id 7, {packets: 1, bytes: 1500}.
Counter stats();
// CPUs 0 and 2 (1 is not possible), the second offline.
std::vector<Cpu> cpus();
Idiom sum_idiom();      // "inc", u64, conserves in task and hardirq
Idiom pattern_idiom();  // "set", u64_stats, untorn
Idiom control_idiom();  // "broken", u64_stats, a control that tears

// The words of one record: shared, values and sums as given.
std::vector<std::uint64_t> record_words(CounterId counter, std::uint32_t fields,
                                        const std::vector<std::uint64_t>& shared,
                                        const std::vector<std::uint64_t>& values,
                                        const std::vector<std::uint64_t>& sum,
                                        std::uint32_t starved = 0);

}  // namespace percpu_scope::samples
