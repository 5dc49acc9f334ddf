// SPDX-License-Identifier: GPL-2.0-only
//
// Issued against counted, field by field.
#include "percpu_scope/prove/conservation.hpp"

#include <algorithm>

namespace percpu_scope {
namespace {

std::uint64_t total_of(Arithmetic arithmetic, const Record& record, std::size_t field) {
  if (arithmetic != Arithmetic::pattern) return record.sum[field];
  std::uint64_t total = record.shared[field];
  for (std::size_t cpu = 0; cpu < record.cpu_count; ++cpu)
    total = add(arithmetic, total, record.value(field, cpu));
  return total;
}

}  // namespace

std::vector<Conservation> conservation_of(const Counter& counter, Arithmetic arithmetic,
                                          std::uint64_t updates, const Record& before,
                                          const Record& after) {
  std::vector<Conservation> fields;
  fields.reserve(counter.fields.size());
  for (std::size_t i = 0; i < counter.fields.size(); ++i) {
    const Field& field = counter.fields[i];
    const std::uint64_t issued = gain(arithmetic, updates, field.weight);
    const std::uint64_t gained =
        subtract(arithmetic, total_of(arithmetic, after, i), total_of(arithmetic, before, i));
    // What a narrow word has wrapped away is not lost: it is known to wrap.
    const std::uint64_t counted =
        field.modulo(gained) == field.modulo(issued) ? issued : field.modulo(gained);
    fields.push_back({.field = field.name,
                      .issued = issued,
                      .counted = counted,
                      .lost = subtract(arithmetic, issued, counted)});
  }
  return fields;
}

bool all_exact(std::span<const Conservation> fields) {
  return !fields.empty() && std::all_of(fields.begin(), fields.end(),
                                        [](const Conservation& field) { return field.exact(); });
}

}  // namespace percpu_scope
