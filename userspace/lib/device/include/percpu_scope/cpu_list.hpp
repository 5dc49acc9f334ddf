// SPDX-License-Identifier: GPL-2.0-only
//
// CPU lists as people type them, in crash's grammar: "a" or "all", "0",
// "1,3-5". Text to numbers and back; no system call.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace percpu_scope {

// Ascending, each once. `available` is what "all" stands for; any other number
// is refused. std::invalid_argument says what is wrong and where.
std::vector<std::uint32_t> parse_cpu_list(std::string_view text,
                                          std::span<const std::uint32_t> available);

// The kernel's own lists, as in /sys/devices/system/cpu: no "all", and nothing to refuse but
// numbers beyond every kernel's.
std::vector<std::uint32_t> parse_cpu_list(std::string_view text);

// "0-3,6" for ascending numbers; empty for none.
std::string format_cpu_list(std::span<const std::uint32_t> cpus);

}  // namespace percpu_scope
