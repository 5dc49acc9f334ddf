// SPDX-License-Identifier: GPL-2.0-only
//
// The shell's patterns for names: *, ?, [a-z], [!a-z]. Not fnmatch(3), whose time
// grows exponentially with the stars.
#pragma once

#include <string_view>

namespace percpu_scope::inspect {

// Or is it a name that stands for itself?
[[nodiscard]] constexpr bool is_glob(std::string_view pattern) {
  return pattern.find_first_of("*?[") != std::string_view::npos;
}
[[nodiscard]] bool matches_glob(std::string_view text, std::string_view pattern);

}  // namespace percpu_scope::inspect
