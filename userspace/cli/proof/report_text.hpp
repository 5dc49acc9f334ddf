// SPDX-License-Identifier: GPL-2.0-only
//
// A report's document as text. Nothing is computed here.
#pragma once

#include <string>

#include "cli/render/json.hpp"
#include "cli/render/table.hpp"

namespace percpu_scope::cli {

// Of gather_report().
std::string render_report(const Json& report, Numbers numbers);

}  // namespace percpu_scope::cli
