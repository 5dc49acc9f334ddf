// SPDX-License-Identifier: GPL-2.0-only
//
// Asking the device, and the environment.
#include "cli/proof/this_machine.hpp"

#include <cstdlib>
#include <string_view>

namespace percpu_scope::cli {

Machine this_machine(const Device& device) {
  const char* const accelerator = std::getenv("PERCPU_SCOPE_ACCELERATOR");
  return machine_of(device, accelerator != nullptr && std::string_view(accelerator) == "tcg");
}

}  // namespace percpu_scope::cli
