// SPDX-License-Identifier: GPL-2.0-only
//
// Running pcpu as its users do: a process, its exit code, and what it prints.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace percpu_scope::guest {

inline constexpr const char* program = "/bin/pcpu";

struct Outcome {
  int status = -1;  // exit status, or 128 + signal
  std::string out;
  std::string err;
};

// `before` runs in the child, just before the program.
Outcome run(std::vector<std::string> words, const std::function<void()>& before = {});

// Fails the test, and returns a discarded value, if the text is no JSON.
nlohmann::json parsed(const std::string& text);

}  // namespace percpu_scope::guest
