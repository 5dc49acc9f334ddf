// SPDX-License-Identifier: GPL-2.0-only
//
// What every reader gives.
#pragma once

#include <cstddef>
#include <span>

namespace percpu_scope::inspect {

// The bytes of what is wanted on one CPU.
struct Copy {
  std::span<const std::byte> bytes;  // until the next read()
  bool read = false;                 // false: the address was not there to be read
};

}  // namespace percpu_scope::inspect
