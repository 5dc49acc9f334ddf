// SPDX-License-Identifier: GPL-2.0-only
//
// How much work some code does, counted and not timed: the same on every machine, however
// busy. Work is a basic block that is run, of what is compiled with
// -fsanitize-coverage=trace-pc (CMakeLists.txt says what that is); memory is what was held
// at once of what was asked for meanwhile, known with AddressSanitizer alone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace percpu_scope {

struct Work {
  std::uint64_t blocks = 0;
  std::optional<std::uint64_t> bytes;
};

Work work_of(const std::function<void()>& body);

}  // namespace percpu_scope
