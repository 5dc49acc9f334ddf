// SPDX-License-Identifier: GPL-2.0-only
//
// Documents of torture, and their text. Pure functions of library values.
#pragma once

#include <chrono>
#include <string>

#include "cli/render/json.hpp"
#include "cli/render/table.hpp"
#include "percpu_scope/prove/torture.hpp"

namespace percpu_scope::cli {

Json totals_document(const TortureTotals& totals);
Json torture_document(const TortureResult& result);
// A line while it runs.
std::string describe_progress(const TortureTotals& totals, std::chrono::nanoseconds elapsed);
// The summary, failures, and the verdict as the last line.
std::string render_torture(const Json& document, Numbers numbers);

}  // namespace percpu_scope::cli
