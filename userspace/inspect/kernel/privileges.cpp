// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/kernel/privileges.hpp"

#include <fstream>

#include "inspect/kernel/hexadecimal.hpp"

namespace percpu_scope::inspect {

std::optional<std::uint64_t> effective_capabilities() {
  constexpr std::string_view key = "CapEff:\t";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(key)) continue;
    return parse_hexadecimal(std::string_view(line).substr(key.size()));
  }
  return std::nullopt;
}

bool has_capability(std::uint64_t mask, unsigned capability) {
  return (mask >> capability & 1) != 0;
}

std::optional<std::string> read_lockdown() {
  std::ifstream file("/sys/kernel/security/lockdown");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

std::optional<std::string> lockdown_state(std::string_view text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::nullopt;
  return std::string(text.substr(open + 1, close - open - 1));
}

}  // namespace percpu_scope::inspect
