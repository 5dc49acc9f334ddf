// SPDX-License-Identifier: GPL-2.0-only
//
// The counters that pcpu count-calls makes for itself: their names, and those whose owner was
// killed before it could destroy them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "percpu_scope/device.hpp"

namespace percpu_scope::cli {

// A process, also when its number has been given to another one since.
struct Owner {
  pid_t pid;
  std::uint64_t started;  // ticks since boot, as in /proc/PID/stat

  bool operator==(const Owner&) const = default;
};

// "calls-PID-STARTED", which no other process has, ever, and its reverse; nothing for names
// that people give. 31 characters are enough: a PID has 7 digits at most.
std::string name_of_call_counter(const Owner& owner);
std::optional<Owner> owner_of_call_counter(std::string_view name);

// Field 22 of a stat file's text, behind a name that may hold anything.
std::optional<std::uint64_t> parse_start_time(std::string_view stat);

// This process'.
std::string name_of_call_counter();

// Destroys those of owners that are gone, into which nothing counts any more.
void sweep_call_counters(const Device& device);

}  // namespace percpu_scope::cli
