// SPDX-License-Identifier: GPL-2.0-only
//
// What may have been meant by a name that nothing has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace percpu_scope {

// What is told where there are too many names to be read: a kernel has hundreds of
// variables, and thousands of types.
inline constexpr std::size_t few_names = 3;

// Those of `names` that look most like `name`, the closest first, no more than `most`.
std::vector<std::string> closest_names(std::string_view name, std::vector<std::string> names,
                                       std::size_t most = SIZE_MAX);

}  // namespace percpu_scope
