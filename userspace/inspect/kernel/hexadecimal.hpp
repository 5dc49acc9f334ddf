// SPDX-License-Identifier: GPL-2.0-only
//
// Numbers as /proc writes them.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace percpu_scope::inspect {

// Digits alone, without 0x; nothing for what is no number of 64 bits.
inline std::optional<std::uint64_t> parse_hexadecimal(std::string_view digits) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number, 16);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

}  // namespace percpu_scope::inspect
