// SPDX-License-Identifier: GPL-2.0-only
//
// The inspector's index of types held against libbpf's own reading of the same file: for
// the host's tests and the guest's. No test of its own.
#pragma once

#include <string>

namespace percpu_scope {

struct CrossCheck {
  std::string differences;  // a line each, the first few; empty if there is none
  std::size_t types = 0;    // that were compared
  std::size_t sizes = 0;
  std::size_t found = 0;  // by name
};

// `base`: of a module's BTF; empty: a kernel's. std::system_error if libbpf cannot read it.
CrossCheck cross_check(const std::string& path, const std::string& base = {});

}  // namespace percpu_scope
