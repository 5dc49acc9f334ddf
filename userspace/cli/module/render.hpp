// SPDX-License-Identifier: GPL-2.0-only
//
// Documents that several verbs show, as text. Nothing is computed here.
#pragma once

#include <string>

#include "cli/render/table.hpp"

namespace percpu_scope::cli {

// Documents of values_document().
std::string render_values(const Json& counters, Numbers numbers);
// {"runs": documents of hammer_document(), "conserved": …}, with a verdict line.
std::string render_hammer(const Json& document, Numbers numbers);
std::string render_hammer_table(const Json& runs, Numbers numbers);
// {"checks": documents of tear_document(), "good": …}, with a verdict line.
std::string render_tear_checks(const Json& document, Numbers numbers);
std::string render_tear_table(const Json& checks, Numbers numbers);
// The line above a tick's table: its "time_ns" and "interval_ns".
std::string render_span(const Json& tick);
// A tick of watch_document().
std::string render_watch(const Json& tick, Numbers numbers);

}  // namespace percpu_scope::cli
