// SPDX-License-Identifier: GPL-2.0-only
//
// What works on a kernel, judged from what was found out about it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "cli/doctor/facts.hpp"
#include "cli/render/json.hpp"
#include "cli/render/table.hpp"

namespace percpu_scope::cli {

enum class Health { ok, no, unknown };
std::string_view to_string(Health health);

// Which half of pcpu is asked about: the module's counters, or any variable (pcpu var).
enum class Half { both, counters, variables };

// {"kernel", "checks": [{"check", "state": ok|no|unknown, "needed_for": counters,
//   variables or null, "detail", "remedy"}], "counters", "variables", "good"}.
// counters: all that the module's needs works; variables: what pcpu var does; good: what
// was asked about. Of one half the checks are its own, and the other is null.
Json diagnose(const DoctorFacts& facts, Half half = Half::both);
std::string render_diagnosis(const Json& document, Numbers numbers);

}  // namespace percpu_scope::cli
