// SPDX-License-Identifier: GPL-2.0-only
//
// The manual page, made of what --help is made of. No word on any one command stands here.
#pragma once

#include <string>

#include "cli/frame/command_line.hpp"

namespace percpu_scope::cli {

// pcpu(1) in roff, for man(7).
std::string render_manual(const CommandDescription& program);

}  // namespace percpu_scope::cli
