// SPDX-License-Identifier: GPL-2.0-only
//
// The JSON documents of what the module describes and of its counters' values: every number
// gets its name and unit here and nowhere else. Pure functions of library values; addresses
// are hexadecimal strings.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "cli/render/json.hpp"
#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/requests.hpp"
#include "percpu_scope/snapshot.hpp"

namespace percpu_scope::cli {

// "0xffff888000000000", all digits of a u64.
std::string hexadecimal(std::uint64_t address);

Json document_of(const Info& info);
// `raw`: the same CPUs with raw offsets, or empty where not asked for.
Json document_of(std::span<const Cpu> cpus, std::span<const Cpu> raw);
Json document_of(const Counter& counter);
Json document_of(std::span<const Counter> counters);
// `names`: of contexts, as the module has them.
Json document_of(const Idiom& idiom, std::span<const ContextDescription> names = {});
Json document_of(std::span<const Idiom> idioms, std::span<const ContextDescription> names = {});
Json document_of(ContextSet contexts, std::span<const ContextDescription> names = {});
Json document_of(const Tally& tally);

// A counter with its values: per field shared, by CPU number, and the sum.
Json values_document(const Counter& counter, const Record& record, std::span<const Cpu> cpus);
// The fields of such documents as rows: counter field shared cpuN… sum.
Json value_rows(const Json& counters);

}  // namespace percpu_scope::cli
