// SPDX-License-Identifier: GPL-2.0-only
//
// The whole program as a function of its arguments.
#pragma once

namespace percpu_scope::cli {

// Runs pcpu; the exit code.
int run_app(int argc, const char* const* argv);

}  // namespace percpu_scope::cli
