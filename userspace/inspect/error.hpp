// SPDX-License-Identifier: GPL-2.0-only
//
// Why a variable of the kernel could not be looked at. Unknown names are the
// library's UnknownNameError. No printing and no exit codes.
#pragma once

#include <stdexcept>
#include <string>

namespace percpu_scope::inspect {

enum class Problem {
  no_btf,          // the kernel or module has no BTF: CONFIG_DEBUG_INFO_BTF(_MODULES)
  malformed_btf,   // BTF that contradicts itself
  hidden_symbols,  // /proc/kallsyms shows zeros: kptr_restrict, or no CAP_SYSLOG
  no_permission,   // bpf(2) refused: no CAP_BPF and CAP_PERFMON
  lockdown,        // lockdown=confidentiality forbids probe reads
  no_address,      // a variable that /proc/kallsyms does not list: CONFIG_KALLSYMS_ALL
  unsupported,     // this kernel or this way of reading cannot do it
  bad_request,     // a path, type or list that does not fit
};

// what() says what happened in one sentence; remedy() what to do, empty if nothing helps.
class InspectError : public std::runtime_error {
 public:
  InspectError(Problem problem, const std::string& message, std::string remedy = {})
      : std::runtime_error(message), problem_(problem), remedy_(std::move(remedy)) {}

  [[nodiscard]] Problem problem() const noexcept { return problem_; }
  [[nodiscard]] const std::string& remedy() const noexcept { return remedy_; }

 private:
  Problem problem_;
  std::string remedy_;
};

// Throws malformed_btf, "malformed BTF: " and why.
[[noreturn]] void malformed(const std::string& why);

}  // namespace percpu_scope::inspect
