// SPDX-License-Identifier: GPL-2.0-only
//
// On which machines a mistake cannot show, and why, for the table of controls.
#pragma once

#include <string_view>

#include "percpu_scope/prove/machine.hpp"

namespace percpu_scope {

// Each is empty where it must show.
std::string_view always(const Machine& machine);
std::string_view needs_preemption(const Machine& machine);
std::string_view needs_interrupting_softirqs(const Machine& machine);
std::string_view needs_plain_c(const Machine& machine);
std::string_view needs_syncp(const Machine& machine);
std::string_view needs_narrow_long(const Machine& machine);
std::string_view needs_rt(const Machine& machine);
std::string_view needs_smp(const Machine& machine);
std::string_view needs_two_cpus(const Machine& machine);

}  // namespace percpu_scope
