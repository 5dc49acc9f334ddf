// SPDX-License-Identifier: GPL-2.0-only
//
// What can go wrong, as types: a refused system call, a reply that makes no
// sense, a name that nothing has. No printing, no exit codes, and no advice.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace percpu_scope {

// What was being done when the system refused.
enum class Operation {
  open_device,
  get_info,
  get_cpus,
  list_contexts,
  list_variants,
  list_kinds,
  list_fields,
  list_idioms,
  list_counters,
  get_copies,
  snapshot,
  verify,
  hammer,
  create,
  destroy,
  reset,
  count_calls,
  stop_calls,
  hotplug,
  pin_thread,
  read_debugfs,
};

std::string_view to_string(Operation operation);

// A system call that failed. what() reads "<operation> <subject>: <strerror>", and behind
// that " (in the way: <who>)" where the kernel tells who is.
class Error : public std::system_error {
 public:
  // `subject`: a path, a counter's name, "CPU 3"; may be empty, and so may `in_the_way`.
  Error(Operation operation, int error_number, std::string_view subject = {},
        std::string_view in_the_way = {});

  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

  [[nodiscard]] Operation operation() const noexcept { return operation_; }
  // The errno; the same as code().value().
  [[nodiscard]] int error_number() const noexcept { return code().value(); }
  // What else is at work, by name: "u64_stats_set in task". Empty if nobody is, or nobody
  // can tell.
  [[nodiscard]] const std::string& in_the_way() const noexcept { return in_the_way_; }

 private:
  Operation operation_;
  std::string in_the_way_;
  std::string text_;
};

// What is no module of this program's ABI: no request to it means what it should.
class OtherVersionError : public std::runtime_error {
 public:
  // `path`: of the device; `how` it is known, a clause.
  OtherVersionError(std::string_view path, std::string_view how);
};

// Bytes or text from the kernel that do not have the shape the ABI promises.
class MalformedError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A counter, idiom or word that nothing is called.
class UnknownNameError : public std::runtime_error {
 public:
  // `kind` is the word for the thing ("counter"), `known` all the names there are.
  UnknownNameError(std::string_view kind, std::string_view name, std::vector<std::string> known);

  [[nodiscard]] const std::string& kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  // All names, those that look most like name() first.
  [[nodiscard]] const std::vector<std::string>& known() const noexcept { return known_; }

 private:
  std::string kind_;
  std::string name_;
  std::vector<std::string> known_;
};

}  // namespace percpu_scope
