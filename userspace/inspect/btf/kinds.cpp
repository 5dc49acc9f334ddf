// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/btf/kinds.hpp"

#include <bpf/btf.h>

#include <array>
#include <string>

#include "inspect/error.hpp"

namespace percpu_scope::inspect {
namespace {

constexpr std::uint32_t head = sizeof(struct btf_type);

constexpr std::array<RecordLength, BTF_KIND_ENUM64 + 1> lengths{{
    {0, 0},
    {head + 4, 0},                            // INT
    {head, 0},                                // PTR
    {head + sizeof(struct btf_array), 0},     // ARRAY
    {head, sizeof(struct btf_member)},        // STRUCT
    {head, sizeof(struct btf_member)},        // UNION
    {head, sizeof(struct btf_enum)},          // ENUM
    {head, 0},                                // FWD
    {head, 0},                                // TYPEDEF
    {head, 0},                                // VOLATILE
    {head, 0},                                // CONST
    {head, 0},                                // RESTRICT
    {head, 0},                                // FUNC
    {head, sizeof(struct btf_param)},         // FUNC_PROTO
    {head + sizeof(struct btf_var), 0},       // VAR
    {head, sizeof(struct btf_var_secinfo)},   // DATASEC
    {head, 0},                                // FLOAT
    {head + sizeof(struct btf_decl_tag), 0},  // DECL_TAG
    {head, 0},                                // TYPE_TAG
    {head, sizeof(struct btf_enum64)},        // ENUM64
}};

// struct btf_layout of linux/btf.h, which older headers lack: what follows the head of a
// type, for each of its vlen, and flags that nothing uses.
constexpr std::size_t entry_size = 4;
constexpr std::size_t most_kinds = 128;

}  // namespace

std::uint32_t vlen_of(const ::btf_type& type) { return type.info & 0xffffff; }
std::uint32_t kind_of(const ::btf_type& type) { return type.info >> 24 & 0x7f; }

std::optional<RecordLength> known_length(std::uint32_t kind) {
  if (kind == BTF_KIND_UNKN || kind >= lengths.size()) return std::nullopt;
  return lengths[kind];
}

KindLayout::KindLayout(std::span<const std::byte> section) {
  if (section.size() % entry_size != 0 || section.size() / entry_size > most_kinds)
    malformed("a layout of " + std::to_string(section.size()) + " bytes");
  for (std::uint32_t kind = 0; kind < section.size() / entry_size; ++kind) {
    const RecordLength told{head + std::to_integer<std::uint32_t>(section[kind * entry_size]),
                            std::to_integer<std::uint32_t>(section[kind * entry_size + 1])};
    // Records are words.
    if (told.fixed % 4 != 0 || told.each % 4 != 0)
      malformed("a layout of kind " + std::to_string(kind) + " that is not aligned");
    if (const auto known = known_length(kind); known && *known != told)
      malformed("a layout of kind " + std::to_string(kind) + " that is not what it has");
    lengths_.push_back(told);
  }
}

std::optional<RecordLength> KindLayout::length_of(std::uint32_t kind) const {
  if (kind == BTF_KIND_UNKN || kind >= lengths_.size()) return std::nullopt;
  return lengths_[kind];
}

}  // namespace percpu_scope::inspect
