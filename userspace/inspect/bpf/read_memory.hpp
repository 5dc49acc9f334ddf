// SPDX-License-Identifier: GPL-2.0-only
//
// The compiled read_memory.bpf.c, as bytes in this program: nothing to find or
// to compile when it runs.
#pragma once

#include <cstddef>
#include <span>

namespace percpu_scope::inspect {

std::span<const std::byte> read_memory_object();

}  // namespace percpu_scope::inspect
