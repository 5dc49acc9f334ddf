// SPDX-License-Identifier: GPL-2.0-only
//
// What this process may do, and what the kernel lets nobody do. Facts, no judgement.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace percpu_scope::inspect {

// A mask of 1 << CAP_…, CapEff of /proc/self/status; empty where it does not tell.
std::optional<std::uint64_t> effective_capabilities();
// `capability`: a number of linux/capability.h.
bool has_capability(std::uint64_t mask, unsigned capability);

// What securityfs says, "none [integrity] confidentiality"; empty where it is not mounted.
std::optional<std::string> read_lockdown();
// The word in brackets; empty if there is none.
std::optional<std::string> lockdown_state(std::string_view text);

}  // namespace percpu_scope::inspect
