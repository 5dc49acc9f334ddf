// SPDX-License-Identifier: GPL-2.0-only
//
// Documents of controls, torture, counted calls and promises, and their text.
// Pure functions of library values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cli/render/json.hpp"
#include "cli/render/table.hpp"
#include "percpu_scope/controls.hpp"
#include "percpu_scope/torture.hpp"

namespace percpu_scope::cli {

Json scenario_document(const ControlScenario& scenario, const Machine& machine);
Json control_document(const ControlScenario& scenario, const ControlResult& result);
// Why a control's document is no pass: "control read_write: INCONCLUSIVE"; empty
// if it was caught, or cannot show here.
std::string failure_of_control(const Json& control);
// {"controls": documents of control_document(), "good": …, "interrupted": …}: good
// if all that were wanted have run, and each is.
Json controls_document(Json controls, std::size_t wanted, bool interrupted);
// Such a document, with a verdict line.
std::string render_controls(const Json& document, Numbers numbers);
std::string render_control_table(const Json& controls, Numbers numbers);
// Caught / not applicable / not caught, as the verdict line counts them.
std::string describe_controls(const Json& controls);

Json totals_document(const TortureTotals& totals);
Json torture_document(const TortureResult& result);
// A line while it runs.
std::string describe_progress(const TortureTotals& totals, std::chrono::nanoseconds elapsed);
// The summary, failures, and the verdict as the last line.
std::string render_torture(const Json& document, Numbers numbers);

// What an idiom promises about interference by one context with itself and task.
enum class Promise { kept, lossy, refused };
Promise promise_of(const Idiom& idiom, Context context, const Info& info);
// idiom, call, and for each context a Promise by its word.
Json promise_rows(std::span<const Idiom> idioms, const Info& info);
// {"machine", "kernel", "rows"} as a table in Markdown.
std::string render_promises(const Json& document);

}  // namespace percpu_scope::cli
