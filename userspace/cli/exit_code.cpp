// SPDX-License-Identifier: GPL-2.0-only
//
// Exceptions to exit codes and texts.
#include "cli/exit_code.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <string_view>

#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

struct Meaning {
  ExitCode code;
  std::string_view text;
};

constexpr std::array meanings{
    Meaning{ExitCode::ok, "done, and what was checked holds"},
    Meaning{ExitCode::failed, "a request failed, or a check did (updates lost, values torn)"},
    Meaning{ExitCode::usage, "the command line is wrong, or names nothing there is"},
    Meaning{
        ExitCode::no_permission,
        "not allowed: run as root; raw addresses need CAP_SYSLOG, count-calls needs CAP_PERFMON"},
    Meaning{ExitCode::no_device, "no device: insmod percpu_scope.ko"},
};

constexpr std::size_t likely_names = 3;

ExitCode exit_code_of(const Error& error) {
  const int number = error.error_number();
  if (error.operation() == Operation::open_device &&
      (number == ENOENT || number == ENODEV || number == ENXIO))
    return ExitCode::no_device;
  // EPERM on destroying means a static counter: no permission would help.
  if (number == EACCES || (number == EPERM && error.operation() != Operation::destroy))
    return ExitCode::no_permission;
  return ExitCode::failed;
}

}  // namespace

std::string describe_exit_codes() {
  std::string text = "Exit codes:\n";
  for (const Meaning& meaning : meanings)
    text += fmt::format("  {}  {}\n", static_cast<int>(meaning.code), meaning.text);
  return text;
}

Failure failure_from(const std::exception& exception) {
  Failure failure;
  failure.message = exception.what();
  if (const auto* const error = dynamic_cast<const Error*>(&exception)) {
    failure.exit_code = exit_code_of(*error);
    failure.remedy = error->remedy();
  } else if (const auto* const unknown = dynamic_cast<const UnknownNameError*>(&exception)) {
    failure.exit_code = ExitCode::usage;
    failure.names = unknown->known();
  } else if (dynamic_cast<const UsageError*>(&exception) != nullptr) {
    failure.exit_code = ExitCode::usage;
    failure.remedy = "see pcpu --help";
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
    if (likely_end != failure.names.end())
      text += fmt::format("  others: {}\n", fmt::join(likely_end, failure.names.end(), ", "));
  }
  return text;
}

Json document_of(const Failure& failure) {
  Json error{{"message", failure.message}, {"exit_code", static_cast<int>(failure.exit_code)}};
  if (!failure.remedy.empty()) error["remedy"] = failure.remedy;
  if (!failure.names.empty()) error["names"] = failure.names;
  return Json{{"error", std::move(error)}};
}

}  // namespace percpu_scope::cli
