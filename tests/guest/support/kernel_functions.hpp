// SPDX-License-Identifier: GPL-2.0-only
//
// Functions of the kernel by name, for tests that set probes on them.
#pragma once

#include <cstddef>
#include <string>

namespace percpu_scope::guest {

// The text of /proc/kallsyms, as it was when it was first asked for.
const std::string& symbols();

// How many functions have this name; of the module, if it names one.
std::size_t times_listed(const std::string& name);

// The kernel's entry of getsid(2), which nobody calls: to change code that another CPU
// executes is more than every emulator can do. Each architecture has its own name for it.
std::string entry_of_getsid();

}  // namespace percpu_scope::guest
