// SPDX-License-Identifier: GPL-2.0-only
//
// The whole program as a function of its arguments.
#pragma once

#include "cli/frame/command_line.hpp"

namespace percpu_scope::cli {

// Runs pcpu; the exit code.
int run_app(int argc, const char* const* argv);

// All that can be said to it, but what is hidden.
CommandDescription describe_app();

}  // namespace percpu_scope::cli
