// SPDX-License-Identifier: GPL-2.0-only
//
// The completion for bash, made of what --help is made of. No word on any one command
// stands here.
#pragma once

#include <string>

#include "cli/frame/command_line.hpp"

namespace percpu_scope::cli {

// To be sourced. Completes commands, options, their words, files, and the names of
// per-CPU variables by asking the program itself; where it cannot tell, nothing.
std::string render_completion(const CommandDescription& program);

}  // namespace percpu_scope::cli
