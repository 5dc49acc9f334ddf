// SPDX-License-Identifier: GPL-2.0-only
//
// Doing with some BTF all that can be done with it, whatever it is.
#pragma once

#include <cstddef>
#include <span>

#include "inspect/btf/btf.hpp"

namespace percpu_scope {

// Types that were looked at. InspectError if the bytes are no BTF; what is wrong with a
// single type is caught. Anything else is a defect of the reader. `base`: what it is split
// from, if it is a module's.
std::size_t examine_btf(std::span<const std::byte> bytes, const inspect::Btf* base = nullptr);
// The loads that a BPF program would do: std::logic_error for one that may not be, or is
// not of the variable.
void examine_loads(const inspect::Btf& btf);

}  // namespace percpu_scope
