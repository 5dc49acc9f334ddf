// SPDX-License-Identifier: GPL-2.0-only
//
// The machine that controls run on, with what only the environment knows of it.
#pragma once

#include "percpu_scope/prove/controls.hpp"

namespace percpu_scope::cli {

// PERCPU_SCOPE_ACCELERATOR is what the guest's init says of the emulator.
Machine this_machine(const Device& device);

}  // namespace percpu_scope::cli
