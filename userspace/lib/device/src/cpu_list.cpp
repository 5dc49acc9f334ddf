// SPDX-License-Identifier: GPL-2.0-only
//
// The grammar of CPU lists.
#include "percpu_scope/cpu_list.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace percpu_scope {
namespace {

constexpr std::uint32_t most_cpus = 1U << 20;  // far more than NR_CPUS of any architecture

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw std::invalid_argument("CPU list '" + std::string(text) + "': " + why);
}

std::uint32_t parse_number(std::string_view part, std::string_view text) {
  std::uint32_t number = 0;
  const char* const end = part.data() + part.size();
  const auto [stopped, error] = std::from_chars(part.data(), end, number);
  if (error != std::errc() || stopped != end)
    refuse(text, "'" + std::string(part) + "' is no CPU number; write e.g. all, 0 or 1,3-5");
  return number;
}

// Each number as often as it is listed; one at a time, for a range may be endless.
template <typename Visit>
void for_each_listed(std::string_view text, Visit visit) {
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t dash = part.find('-');
    const std::uint32_t first = parse_number(part.substr(0, dash), text);
    const std::uint32_t last =
        dash == std::string_view::npos ? first : parse_number(part.substr(dash + 1), text);
    if (last < first) refuse(text, "'" + std::string(part) + "' runs backwards");
    for (std::uint64_t cpu = first; cpu <= last; ++cpu) visit(static_cast<std::uint32_t>(cpu));
    if (comma == std::string_view::npos) return;
    rest.remove_prefix(comma + 1);
  }
}

std::vector<std::uint32_t> ascending(std::vector<std::uint32_t> cpus) {
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

}  // namespace

std::vector<std::uint32_t> parse_cpu_list(std::string_view text) {
  std::vector<std::uint32_t> cpus;
  for_each_listed(text, [&](std::uint32_t cpu) {
    if (cpu >= most_cpus) refuse(text, "CPU " + std::to_string(cpu) + " is beyond every kernel's");
    cpus.push_back(cpu);
  });
  return ascending(std::move(cpus));
}

std::vector<std::uint32_t> parse_cpu_list(std::string_view text,
                                          std::span<const std::uint32_t> available) {
  if (text == "a" || text == "all") return {available.begin(), available.end()};
  std::vector<std::uint32_t> cpus;
  for_each_listed(text, [&](std::uint32_t cpu) {
    if (std::find(available.begin(), available.end(), cpu) == available.end())
      refuse(text, "CPU " + std::to_string(cpu) + " is not one of " + format_cpu_list(available));
    cpus.push_back(cpu);
  });
  return ascending(std::move(cpus));
}

std::string format_cpu_list(std::span<const std::uint32_t> cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(cpus[i]);
    if (last > i) text += '-' + std::to_string(cpus[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace percpu_scope
