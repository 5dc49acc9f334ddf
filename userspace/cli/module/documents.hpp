// SPDX-License-Identifier: GPL-2.0-only
//
// The JSON documents of pcpu: every number gets its name and unit here and
// nowhere else. Pure functions of library values; addresses are hexadecimal
// strings, times nanoseconds, rates updates per second.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/render/json.hpp"
#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/hammer.hpp"
#include "percpu_scope/requests.hpp"
#include "percpu_scope/snapshot.hpp"

namespace percpu_scope::cli {

// "0xffff888000000000", all digits of a u64.
std::string hexadecimal(std::uint64_t address);

// Of measured time; 0 for none.
std::uint64_t per_second(std::uint64_t gained, std::chrono::nanoseconds interval);

Json document_of(const Info& info);
// `raw`: the same CPUs with raw offsets, or empty where not asked for.
Json document_of(std::span<const Cpu> cpus, std::span<const Cpu> raw);
Json document_of(const Counter& counter);
Json document_of(std::span<const Counter> counters);
Json document_of(const Idiom& idiom);
Json document_of(std::span<const Idiom> idioms);
Json document_of(ContextSet contexts);
Json document_of(const Tally& tally);

// A counter with its values: per field shared, by CPU number, and the sum.
Json values_document(const Counter& counter, const Record& record, std::span<const Cpu> cpus);
// The fields of such documents as rows: counter field shared cpuN… sum.
Json value_rows(const Json& counters);

// Amounts of pattern idioms are hexadecimal strings, so that both halves show.
Json hammer_document(const Hammering& hammering, const HammerResult& result);
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
Finding judge(const TearCheck& check, const TearResult& result);
Json tear_document(const TearCheck& check, const TearResult& result);

}  // namespace percpu_scope::cli
