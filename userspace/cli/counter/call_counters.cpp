// SPDX-License-Identifier: GPL-2.0-only
//
// Names, and /proc.
#include "cli/counter/call_counters.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>

namespace percpu_scope::cli {
namespace {

constexpr int start_time_field = 22;  // proc_pid_stat(5)

}  // namespace

std::string name_of_call_counter(const Owner& owner) {
  return fmt::format("calls-{}-{}", owner.pid, owner.started);
}

std::optional<std::uint64_t> parse_start_time(std::string_view stat) {
  const std::size_t name_end = stat.rfind(") ");
  if (name_end == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(name_end + 2);
  for (int field = 3; field < start_time_field; ++field) {
    const std::size_t blank = stat.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    stat.remove_prefix(blank + 1);
  }
  const std::string_view digits = stat.substr(0, stat.find(' '));
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::string name_of_call_counter() {
  std::ifstream file("/proc/self/stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  return name_of_call_counter({.pid = ::getpid(), .started = parse_start_time(stat).value_or(0)});
}

}  // namespace percpu_scope::cli
