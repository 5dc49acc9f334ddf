// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/error.hpp"

namespace percpu_scope::inspect {

void malformed(const std::string& why) {
  throw InspectError(Problem::malformed_btf, "malformed BTF: " + why);
}

}  // namespace percpu_scope::inspect
