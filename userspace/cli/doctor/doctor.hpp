// SPDX-License-Identifier: GPL-2.0-only
//
// What works on a kernel, judged from what was found out about it. Pure: finding
// out is doctor_facts.cpp's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/render/json.hpp"
#include "cli/render/table.hpp"

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

enum class Health { ok, no, unknown };
std::string_view to_string(Health health);

// {"kernel", "checks": [{"check", "state": ok|no|unknown, "needed_for": counters,
//   variables or null, "detail", "remedy"}], "counters", "variables", "good"}.
// counters: all that the module's needs works; variables: what pcpu var does; good: both.
Json judge(const DoctorFacts& facts);
std::string render_doctor(const Json& document, Numbers numbers);

// Asks the running kernel.
DoctorFacts gather_doctor_facts(const std::string& device_path);

}  // namespace percpu_scope::cli
