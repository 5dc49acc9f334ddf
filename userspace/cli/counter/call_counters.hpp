// SPDX-License-Identifier: GPL-2.0-only
//
// The names of the counters that pcpu count-calls makes for itself. They are temporary:
// whatever becomes of the process, none stays behind.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace percpu_scope::cli {

// A process, also when its number has been given to another one since, or is another one's
// in another namespace.
struct Owner {
  pid_t pid;
  std::uint64_t started;  // ticks since boot, as in /proc/PID/stat
};

// "calls-PID-STARTED", which no other process has. 31 characters are enough: a PID has 7
// digits at most.
std::string name_of_call_counter(const Owner& owner);

// Field 22 of a stat file's text, behind a name that may hold anything.
std::optional<std::uint64_t> parse_start_time(std::string_view stat);

// This process'.
std::string name_of_call_counter();

}  // namespace percpu_scope::cli
