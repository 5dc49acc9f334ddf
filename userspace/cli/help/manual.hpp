// SPDX-License-Identifier: GPL-2.0-only
//
// The manual page and the bash completion, made of what --help is made of. Pure
// functions; no word on any one command stands here.
#pragma once

#include <string>

#include "cli/frame/command_line.hpp"

namespace percpu_scope::cli {

// pcpu(1) in roff, for man(7).
std::string render_manual(const CommandDescription& program);

// To be sourced. Completes commands, options, their words, files, and the names of
// per-CPU variables by asking the program itself; where it cannot tell, nothing.
std::string render_completion(const CommandDescription& program);

}  // namespace percpu_scope::cli
