// SPDX-License-Identifier: GPL-2.0-only
//
// Texts of the errors.
#include "percpu_scope/error.hpp"

#include <utility>

#include "percpu_scope/closest_names.hpp"

namespace percpu_scope {
namespace {

std::string describe(Operation operation, std::string_view subject) {
  std::string text(to_string(operation));
  if (!subject.empty()) text.append(" ").append(subject);
  return text;
}

}  // namespace

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::open_device:
      return "open";
    case Operation::get_info:
      return "get info";
    case Operation::get_cpus:
      return "get CPUs";
    case Operation::list_contexts:
      return "list contexts";
    case Operation::list_variants:
      return "list variants";
    case Operation::list_kinds:
      return "list kinds";
    case Operation::list_fields:
      return "list fields";
    case Operation::list_idioms:
      return "list idioms";
    case Operation::list_counters:
      return "list counters";
    case Operation::get_copies:
      return "get copies";
    case Operation::snapshot:
      return "snapshot";
    case Operation::verify:
      return "verify";
    case Operation::hammer:
      return "hammer";
    case Operation::create:
      return "create";
    case Operation::destroy:
      return "destroy";
    case Operation::reset:
      return "reset";
    case Operation::count_calls:
      return "count calls";
    case Operation::stop_calls:
      return "stop counting calls";
    case Operation::hotplug:
      return "hotplug";
    case Operation::pin_thread:
      return "pin thread to";
    case Operation::read_debugfs:
      return "read";
  }
  return "unknown operation";
}

Error::Error(Operation operation, int error_number, std::string_view subject,
             std::string_view in_the_way)
    : std::system_error(error_number, std::generic_category(), describe(operation, subject)),
      operation_(operation),
      in_the_way_(in_the_way),
      text_(std::system_error::what()) {
  if (!in_the_way_.empty()) text_ += " (in the way: " + in_the_way_ + ")";
}

OtherVersionError::OtherVersionError(std::string_view path, std::string_view how)
    : std::runtime_error("another version of percpu-scope's module answers at " +
                         std::string(path) + ": " + std::string(how)) {}

UnknownNameError::UnknownNameError(std::string_view kind, std::string_view name,
                                   std::vector<std::string> known)
    : std::runtime_error("no " + std::string(kind) + " is called '" + std::string(name) + "'"),
      kind_(kind),
      name_(name),
      known_(closest_names(name_, std::move(known))) {}

}  // namespace percpu_scope
