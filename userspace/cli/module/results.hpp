// SPDX-License-Identifier: GPL-2.0-only
//
// Documents of hammering, watching and verifying, and what a tear check means. Pure functions
// of library values; times are nanoseconds, rates updates per second.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "cli/render/json.hpp"
#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/prove/hammer.hpp"
#include "percpu_scope/snapshot.hpp"

namespace percpu_scope::cli {

// Amounts of pattern idioms are hexadecimal strings, so that both halves show.
Json hammer_document(const Hammering& hammering, const HammerResult& result, const Info& info);
// The fields of such documents as rows.
Json hammer_rows(const Json& runs);

// One tick of a watch: per field the sum, what it gained in `interval` and the
// rate per second of measured time. A gain of more than half of 2^64 is a
// decrease, so no rate: somebody has reset the counter. A note says so, or how many
// copies were starved: of those the numbers may not agree.
Json watch_document(std::span<const Counter> counters, const Snapshot& before,
                    const Snapshot& after, std::chrono::nanoseconds interval,
                    std::chrono::nanoseconds since_start);

// What a tear check means.
enum class Finding {
  pass,          // what is promised holds
  caught,        // a control did what it was made to do
  failed,        // a promise is broken
  inconclusive,  // a control was not caught, or nothing was observed: never a pass
};
std::string_view to_string(Finding finding);
bool is_good(Finding finding);
// Torn and skewed where promised not to be; a control torn where it must be.
Finding finding_of(const TearCheck& check, const TearResult& result);
Json tear_document(const TearCheck& check, const TearResult& result);

}  // namespace percpu_scope::cli
