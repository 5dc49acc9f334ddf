// SPDX-License-Identifier: GPL-2.0-only
//
// Two saved readings compared, leaf by leaf: documents as leaves.hpp has them. JSON in, JSON
// or text out; no file is opened here.
#pragma once

#include <string>

#include "cli/render/json.hpp"
#include "cli/render/table.hpp"

namespace percpu_scope::cli {

// A file that was saved from pcpu var read -j or var ptr -j; UsageError says what of
// it is not. `file` is its name, for that.
Json parse_reading(const std::string& text, const std::string& file);

// {"same": bool, "differences": [{"variable", "cpu", "before", "after", "difference",
//   "note"}]}. difference: for integers, null if it does not fit. note: what is more
// than another value; which it is where one expression has several types or variables.
//
// Entries of one module, expression and type are one variable, as if it had been read
// on their CPUs at once; those that have the same CPU are several, compared in order.
Json compare_readings(const Json& before, const Json& after);
std::string render_differences(const Json& document, Numbers numbers);

}  // namespace percpu_scope::cli
