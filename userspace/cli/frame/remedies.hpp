// SPDX-License-Identifier: GPL-2.0-only
//
// What a user can do about what the library was refused: one table.
#pragma once

#include <string_view>

#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {

// About an errno of an operation; empty if nothing is known. What they mean is in
// docs/abi.md.
std::string_view remedy_for(Operation operation, int error_number);

}  // namespace percpu_scope::cli
