// SPDX-License-Identifier: GPL-2.0-only
//
// How pcpu ends, and what an exception means for that: one table. No printing.
#pragma once

#include <exception>
#include <string>
#include <vector>

#include "cli/render/json.hpp"

namespace percpu_scope::cli {

enum class ExitCode : int {
  ok = 0,
  failed = 1,
  usage = 2,
  no_permission = 3,
  no_device = 4,
  no_btf = 5,
};

// The table, for --help: a line each.
std::string describe_exit_codes();

// A command line that cannot be: wrong combinations that CLI11 does not know.
class UsageError : public std::exception {
 public:
  explicit UsageError(std::string message, std::string remedy = "see pcpu --help")
      : message_(std::move(message)), remedy_(std::move(remedy)) {}
  [[nodiscard]] const std::string& remedy() const noexcept { return remedy_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
  std::string remedy_;
};

// The status of a command that pcpu has run, as its own.
constexpr ExitCode handed_on(int status) { return static_cast<ExitCode>(status); }

// An exception in terms of the user.
struct Failure {
  ExitCode exit_code = ExitCode::failed;
  std::string message;
  std::string remedy;              // empty if none is known
  std::string in_the_way;          // what else is at work; empty if nothing, or nobody can tell
  std::vector<std::string> names;  // that there are, for an unknown one; likely ones first
};

Failure failure_from(const std::exception& exception);

// For stderr: text of one or more lines, with the closest names alone, and {"error": {…}}.
std::string render_failure(const Failure& failure);
Json document_of(const Failure& failure);

}  // namespace percpu_scope::cli
