// SPDX-License-Identifier: GPL-2.0-only
//
// How BTF packs the kind and the length of a type's record, and how long records of each
// kind are: the one place that knows. What a record says is not known here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

struct btf_type;

namespace percpu_scope::inspect {

// How many members, parameters, … follow a type. 7.x has 24 bits for it, and for
// the kind 7 (BTF_INFO_VLEN of linux/btf.h); before, the added bits are zero, and
// libbpf's btf_vlen() and btf_kind() know no more than 16 and 5.
std::uint32_t vlen_of(const ::btf_type& type);
std::uint32_t kind_of(const ::btf_type& type);

// Bytes of a type's record: what always is there, the struct btf_type included, and how
// much more for each of its vlen.
struct RecordLength {
  std::uint32_t fixed;
  std::uint32_t each;
  bool operator==(const RecordLength&) const = default;
};

// Of the kinds that this program knows; nothing for others.
std::optional<RecordLength> known_length(std::uint32_t kind);

// What BTF itself says of its kinds, from 7.1 on: a struct btf_layout for each, so that
// those which a reader does not know can be stepped over.
class KindLayout {
 public:
  KindLayout() = default;
  // malformed_btf if it contradicts what is known, or is no list of such structs.
  explicit KindLayout(std::span<const std::byte> section);

  [[nodiscard]] std::optional<RecordLength> length_of(std::uint32_t kind) const;

 private:
  std::vector<RecordLength> lengths_;  // by kind
};

}  // namespace percpu_scope::inspect
