// SPDX-License-Identifier: GPL-2.0-only
//
// The report: everything percpu-scope can show and prove of one kernel within
// seconds, as one document. Gathered here; its text is report_text.hpp's.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/render/json.hpp"
#include "percpu_scope/device.hpp"

namespace percpu_scope::cli {

struct ReportRequest {
  std::string accelerator;  // known only to who booted the machine; may be empty
  // What is being done now.
  std::function<void(std::string_view what)> progress;
};

// {"verdict": "pass"|"fail", "kernel", "accelerator", "bits_per_long", "features",
//  "cpus": {"possible", "online"}, "offsets": [], "counters": [], "hammer": [],
//  "verify": [], "controls": [], "notes": [], "failures": []}
// A request that fails becomes a failure in the document. Zeroes counters.
Json gather_report(const Device& device, const ReportRequest& request);
bool is_pass(const Json& report);

// Does each copy's address minus its CPU's offset give the same __percpu
// pointer on all CPUs? {"holds", "checked": "raw"|"delta", "pointer", "pointers": []}.
// `pointer` is what it must be: the counter's for raw addresses, 0 for deltas.
Json identity_document(std::span<const Cpu> cpus, std::span<const Copy> copies,
                       std::uint32_t bits_per_long, std::uint64_t pointer, Addresses addresses);

}  // namespace percpu_scope::cli
