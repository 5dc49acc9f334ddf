// SPDX-License-Identifier: GPL-2.0-only
//
// Names to processes and back, and /proc.
#include "cli/counter/call_counters.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>

#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

constexpr std::string_view prefix = "calls-";
constexpr int start_time_field = 22;  // proc_pid_stat(5)

// All of the text as a decimal number.
template <typename Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

// Nothing if there is no such process; 0 where /proc does not tell.
std::optional<std::uint64_t> start_time_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  if (stat.empty()) return std::nullopt;
  return parse_start_time(stat).value_or(0);
}

bool is_gone(const Owner& owner) { return start_time_of(owner.pid) != owner.started; }

// What a probe counts into cannot be reset: a process of another PID namespace may own it.
bool is_counted_into(const Device& device, CounterId counter) {
  try {
    device.reset(counter);
    return false;
  } catch (const Error&) {
    return true;
  }
}

}  // namespace

std::string name_of_call_counter(const Owner& owner) {
  return fmt::format("{}{}-{}", prefix, owner.pid, owner.started);
}

std::optional<Owner> owner_of_call_counter(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto pid = parse<pid_t>(name.substr(0, dash));
  const auto started = parse<std::uint64_t>(name.substr(dash + 1));
  if (!pid || *pid <= 0 || !started) return std::nullopt;
  return Owner{.pid = *pid, .started = *started};
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
  return parse<std::uint64_t>(stat.substr(0, stat.find(' ')));
}

std::string name_of_call_counter() {
  const pid_t self = ::getpid();
  return name_of_call_counter({.pid = self, .started = start_time_of(self).value_or(0)});
}

void sweep_call_counters(const Device& device) {
  // Without /proc all would seem gone.
  if (!start_time_of(::getpid())) return;
  for (const Counter& counter : device.counters()) {
    const std::optional<Owner> owner = owner_of_call_counter(counter.name);
    if (!owner || !is_gone(*owner) || is_counted_into(device, counter.id)) continue;
    try {
      device.destroy(counter.id);
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): somebody else has swept it
    }
  }
}

}  // namespace percpu_scope::cli
