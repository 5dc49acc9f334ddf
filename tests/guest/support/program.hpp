// SPDX-License-Identifier: GPL-2.0-only
//
// Running pcpu as its users do: a process, its exit code, and what it prints.
#pragma once

#include <sys/types.h>

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "percpu_scope/file_descriptor.hpp"

namespace percpu_scope::guest {

inline constexpr const char* program = "/bin/pcpu";

struct Ended {
  int status = -1;  // exit status, or 128 + signal
  std::string out;
  std::string err;
};

// `before` runs in the child, just before the program.
Ended run(std::vector<std::string> words, const std::function<void()>& before = {});

// pcpu beside the test; killed when this goes.
class Running {
 public:
  explicit Running(std::vector<std::string> words, const std::function<void()>& before = {});
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  Running(Running&&) = delete;
  Running& operator=(Running&&) = delete;
  ~Running();

  // To it alone.
  void signal(int number) const;
  // What it has printed so far.
  [[nodiscard]] std::string out() const;
  // Waits for its end.
  Ended wait();

 private:
  FileDescriptor out_;
  FileDescriptor err_;
  pid_t child_ = -1;
};

// Fails the test, and returns a discarded value, if the text is no JSON.
nlohmann::json parsed(const std::string& text);

}  // namespace percpu_scope::guest
