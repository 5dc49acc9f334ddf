// SPDX-License-Identifier: GPL-2.0-only
//
// Documents of controls, and their text. Pure functions of library values.
#pragma once

#include <cstddef>
#include <string>

#include "cli/render/json.hpp"
#include "cli/render/table.hpp"
#include "percpu_scope/prove/controls.hpp"

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

}  // namespace percpu_scope::cli
