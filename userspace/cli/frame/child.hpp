// SPDX-License-Identifier: GPL-2.0-only
//
// Another program, run as time(1) and env(1) do: its status is handed on, and so are the
// signals that are meant for it. What is done beside it is not known here.
#pragma once

#include <exception>
#include <string>
#include <vector>

namespace percpu_scope::cli {

// It could not be run: 127 if it was not found, 126 otherwise, as shells have it.
class CannotRunError : public std::exception {
 public:
  CannotRunError(const std::string& command, int error_number);
  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  int status_;
  std::string message_;
};

// Runs the command and waits for its end; its exit status, or 128 + the number of the signal
// that killed it. What catch_interrupts() catches goes on to it if it was sent to this
// process alone; where that was before, nothing is run, and the status is as if it had been.
int run_child(const std::vector<std::string>& command);

}  // namespace percpu_scope::cli
