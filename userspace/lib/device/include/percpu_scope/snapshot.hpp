// SPDX-License-Identifier: GPL-2.0-only
//
// One read of fields x possible CPUs. A Snapshot owns its buffer and can be
// filled again and again without allocating. No ioctl here: device.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "percpu_scope/descriptions.hpp"

namespace percpu_scope {

// One counter in a snapshot: views into the buffer, valid until it is filled
// again. CPUs are counted by their place in Device::cpus(), not by number.
struct Record {
  CounterId counter{};
  std::uint32_t field_count = 0;
  std::uint32_t cpu_count = 0;  // possible CPUs
  std::uint32_t starved = 0;    // copies read without a consistent view
  // [field]: the part that belongs to no CPU (atomic64_t, spinlock, percpu_counter).
  std::span<const std::uint64_t> shared;
  // [cpu_index * field_count + field]; a percpu_counter's parts are two's complement,
  // s32 each (struct percpu_counter, include/linux/percpu_counter.h).
  std::span<const std::uint64_t> values;
  // [field]: shared plus all CPUs, modulo 2^64, summed by the kernel.
  std::span<const std::uint64_t> sum;

  // std::out_of_range beyond the record's shape.
  [[nodiscard]] std::uint64_t value(std::size_t field, std::size_t cpu_index) const;
};

// Bytes that `count` records of one shape take; struct percpu_scope_record.
constexpr std::size_t record_size(std::size_t field_count, std::size_t cpu_count) {
  return sizeof(percpu_scope_record) + (cpu_count + 2) * field_count * sizeof(std::uint64_t);
}

// The records in `buffer` (64-bit words, as the kernel wrote them), appended to
// `records`. MalformedError if they do not fill it exactly. The views point
// into `buffer`.
void decode_records(std::span<const std::uint64_t> buffer, std::vector<Record>& records);

class Snapshot {
 public:
  Snapshot() = default;
  // Takes over words as the kernel writes them; MalformedError as above.
  explicit Snapshot(std::vector<std::uint64_t> words);
  Snapshot(Snapshot&& other) noexcept = default;
  Snapshot& operator=(Snapshot&& other) noexcept = default;
  // The records are views: a copy decodes its own buffer.
  Snapshot(const Snapshot& other);
  Snapshot& operator=(const Snapshot& other);
  ~Snapshot() = default;

  // In the order of the ids that were asked for.
  [[nodiscard]] std::span<const Record> records() const { return records_; }
  // The first record of this counter; std::out_of_range if there is none.
  [[nodiscard]] const Record& record(CounterId counter) const;
  [[nodiscard]] std::uint64_t value(CounterId counter, std::size_t field,
                                    std::size_t cpu_index) const {
    return record(counter).value(field, cpu_index);
  }
  [[nodiscard]] std::uint64_t shared(CounterId counter, std::size_t field) const;
  [[nodiscard]] std::uint64_t sum(CounterId counter, std::size_t field) const;

 private:
  friend class Device;

  std::vector<std::uint64_t> buffer_;  // words, so that values are aligned
  std::size_t used_ = 0;               // words of buffer_ that hold records
  std::vector<Record> records_;
};

}  // namespace percpu_scope
