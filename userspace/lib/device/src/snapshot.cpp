// SPDX-License-Identifier: GPL-2.0-only
//
// Decoding of struct percpu_scope_record: a pure function of words, and the
// buffer that it looks into.
#include "percpu_scope/snapshot.hpp"

#include <cstring>
#include <stdexcept>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

constexpr std::size_t header_words = sizeof(percpu_scope_record) / sizeof(std::uint64_t);
static_assert(sizeof(percpu_scope_record) % sizeof(std::uint64_t) == 0);

std::uint64_t checked_at(std::span<const std::uint64_t> values, std::size_t place) {
  if (place >= values.size()) throw std::out_of_range("field beyond the record's shape");
  return values[place];
}

}  // namespace

std::uint64_t Record::value(std::size_t field, std::size_t cpu_index) const {
  if (field >= field_count || cpu_index >= cpu_count)
    throw std::out_of_range("field or CPU beyond the record's shape");
  return values[cpu_index * field_count + field];
}

void decode_records(std::span<const std::uint64_t> buffer, std::vector<Record>& records) {
  while (!buffer.empty()) {
    if (buffer.size() < header_words)
      throw MalformedError("snapshot ends within a record's header");
    percpu_scope_record header;
    std::memcpy(&header, buffer.data(), sizeof(header));
    buffer = buffer.subspan(header_words);
    if (header.field_count == 0) throw MalformedError("snapshot has a record of no fields");
    // In 64 bits on every machine: (2^32 + 1) * (2^32 - 1), the most, just fits.
    const std::uint64_t values = (std::uint64_t{header.cpu_count} + 2) * header.field_count;
    if (values > buffer.size()) throw MalformedError("snapshot ends within a record's values");

    const std::size_t fields = header.field_count;
    const std::size_t cpu_values = static_cast<std::size_t>(values) - 2 * fields;
    records.push_back(Record{.counter = static_cast<CounterId>(header.counter),
                             .field_count = header.field_count,
                             .cpu_count = header.cpu_count,
                             .starved = header.starved,
                             .shared = buffer.first(fields),
                             .values = buffer.subspan(fields, cpu_values),
                             .sum = buffer.subspan(fields + cpu_values, fields)});
    buffer = buffer.subspan(static_cast<std::size_t>(values));
  }
}

Snapshot::Snapshot(std::vector<std::uint64_t> words)
    : buffer_(std::move(words)), used_(buffer_.size()) {
  decode_records(buffer_, records_);
}

Snapshot::Snapshot(const Snapshot& other)
    : buffer_(other.buffer_.begin(),
              other.buffer_.begin() + static_cast<std::ptrdiff_t>(other.used_)),
      used_(other.used_) {
  decode_records(buffer_, records_);
}

Snapshot& Snapshot::operator=(const Snapshot& other) {
  if (this != &other) *this = Snapshot(other);
  return *this;
}

const Record& Snapshot::record(CounterId counter) const {
  for (const Record& record : records_)
    if (record.counter == counter) return record;
  throw std::out_of_range("counter is not in the snapshot");
}

std::uint64_t Snapshot::shared(CounterId counter, std::size_t field) const {
  return checked_at(record(counter).shared, field);
}

std::uint64_t Snapshot::sum(CounterId counter, std::size_t field) const {
  return checked_at(record(counter).sum, field);
}

}  // namespace percpu_scope
