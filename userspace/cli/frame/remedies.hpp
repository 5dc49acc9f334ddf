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

// About an OtherVersionError.
inline constexpr std::string_view other_version_remedy =
    "load the module that belongs to this program: rmmod percpu_scope, then insmod "
    "percpu_scope.ko as it was built or packaged together with it";

}  // namespace percpu_scope::cli
