// SPDX-License-Identifier: GPL-2.0-only
//
// What can be found out about a kernel. What it means is diagnosis.hpp's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace percpu_scope::cli {

// Something that was really tried.
struct Attempt {
  bool works = false;
  std::string detail;  // what was seen, or why not
  std::string remedy;
};

struct DoctorFacts {
  std::string kernel;  // release
  Attempt device;      // opened, and asked who it is
  Attempt debugfs;
  Attempt kernel_btf;
  std::vector<std::string> broken_btf;  // modules whose BTF cannot be read
  std::vector<std::string> no_btf;      // modules that are loaded and have none
  std::optional<std::uint64_t> kptr_restrict;
  Attempt kallsyms;  // shows addresses
  std::optional<std::uint64_t> unprivileged_bpf_disabled;
  std::optional<std::uint64_t> capabilities;  // CapEff
  std::optional<std::string> lockdown;        // "none [integrity] confidentiality"
  Attempt generic;                            // a variable read through BPF this way
  Attempt typed;
  std::optional<bool> kprobes;
};

// Asks the running kernel.
DoctorFacts gather_doctor_facts(const std::string& device_path);

}  // namespace percpu_scope::cli
