// SPDX-License-Identifier: GPL-2.0-only
//
// Exceptions to exit codes and texts.
#include "cli/frame/exit_code.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/frame/child.hpp"
#include "cli/frame/remedies.hpp"
#include "inspect/error.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

struct Meaning {
  ExitCode code;
  std::string_view text;
};

constexpr std::array meanings{
    Meaning{ExitCode::ok, "done, and what was checked holds"},
    Meaning{ExitCode::failed,
            "a request failed, a check did (updates lost, values torn), or var diff differs"},
    Meaning{ExitCode::usage, "the command line is wrong, or names nothing there is"},
    Meaning{ExitCode::no_permission,
            "not allowed: run as root; pcpu doctor says what addresses, probes and BPF need"},
    Meaning{ExitCode::no_device, "no device: insmod percpu_scope.ko"},
    Meaning{ExitCode::no_btf, "the kernel or a module has no BTF to know its variables by"},
};

constexpr std::size_t likely_names = 3;

ExitCode exit_code_of(const Error& error) {
  const int number = error.error_number();
  if (error.operation() == Operation::open_device &&
      (number == ENOENT || number == ENODEV || number == ENXIO))
    return ExitCode::no_device;
  // The name of a function that the kernel does not have.
  if (error.operation() == Operation::count_calls && number == ENOENT) return ExitCode::usage;
  // EPERM on destroying means a static counter: no permission would help.
  if (number == EACCES || (number == EPERM && error.operation() != Operation::destroy))
    return ExitCode::no_permission;
  return ExitCode::failed;
}

ExitCode exit_code_of(inspect::Problem problem) {
  switch (problem) {
    case inspect::Problem::no_btf:
      return ExitCode::no_btf;
    case inspect::Problem::hidden_symbols:
    case inspect::Problem::no_permission:
    case inspect::Problem::lockdown:
      return ExitCode::no_permission;
    case inspect::Problem::bad_request:
      return ExitCode::usage;
    case inspect::Problem::malformed_btf:
    case inspect::Problem::no_address:
    case inspect::Problem::unsupported:
      return ExitCode::failed;
  }
  return ExitCode::failed;
}

}  // namespace

std::string describe_exit_codes() {
  std::string text = "Exit codes:\n";
  for (const Meaning& meaning : meanings)
    text += fmt::format("  {}  {}\n", static_cast<int>(meaning.code), meaning.text);
  return text +
         "  count-calls ends as the command that it runs: 128 + N if signal N killed that, 127 if\n"
         "  it was not found, 126 if it could not be executed\n";
}

Failure failure_from(const std::exception& exception) {
  Failure failure;
  failure.message = exception.what();
  if (const auto* const error = dynamic_cast<const Error*>(&exception)) {
    failure.exit_code = exit_code_of(*error);
    failure.remedy = remedy_for(error->operation(), error->error_number());
    failure.in_the_way = error->in_the_way();
  } else if (dynamic_cast<const OtherVersionError*>(&exception) != nullptr) {
    failure.remedy = other_version_remedy;
  } else if (const auto* const unknown = dynamic_cast<const UnknownNameError*>(&exception)) {
    failure.exit_code = ExitCode::usage;
    failure.names = unknown->known();
  } else if (const auto* const inspected = dynamic_cast<const inspect::InspectError*>(&exception)) {
    failure.exit_code = exit_code_of(inspected->problem());
    failure.remedy = inspected->remedy();
  } else if (const auto* const command = dynamic_cast<const CannotRunError*>(&exception)) {
    failure.exit_code = handed_on(command->status());
  } else if (const auto* const usage = dynamic_cast<const UsageError*>(&exception)) {
    failure.exit_code = ExitCode::usage;
    failure.remedy = usage->remedy();
  }
  return failure;
}

std::string render_failure(const Failure& failure) {
  std::string text = fmt::format("pcpu: {}\n", failure.message);
  if (!failure.remedy.empty()) text += fmt::format("  remedy: {}\n", failure.remedy);
  if (!failure.names.empty()) {
    const auto likely_end = failure.names.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                        likely_names, failure.names.size()));
    text += fmt::format("  closest: {}\n", fmt::join(failure.names.begin(), likely_end, ", "));
  }
  return text;
}

Json document_of(const Failure& failure) {
  Json error{{"message", failure.message}, {"exit_code", static_cast<int>(failure.exit_code)}};
  if (!failure.remedy.empty()) error["remedy"] = failure.remedy;
  if (!failure.in_the_way.empty()) error["in_the_way"] = failure.in_the_way;
  if (!failure.names.empty()) error["names"] = failure.names;
  return Json{{"error", std::move(error)}};
}

}  // namespace percpu_scope::cli
