// SPDX-License-Identifier: GPL-2.0-only
//
// Doing with some BTF all that can be done with it, whatever it is.
#pragma once

#include <cstddef>
#include <span>

namespace percpu_scope {

// Types that were looked at. InspectError if the bytes are no BTF; what is wrong with a
// single type is caught. Anything else is a defect of the reader.
std::size_t examine_btf(std::span<const std::byte> bytes);

}  // namespace percpu_scope
