// SPDX-License-Identifier: GPL-2.0-only
//
// Where the members of a struct or union lie, checked: the one place that knows both
// ways in which BTF encodes bit-fields. For field_path and value, not for users.
#pragma once

#include <cstdint>
#include <string_view>

#include "inspect/btf/btf.hpp"

namespace percpu_scope::inspect {

struct Member {
  std::string_view name;         // empty: anonymous, or padding
  TypeId type = 0;               // as declared
  TypeId stripped = 0;           // below its typedefs
  std::uint64_t bit_offset = 0;  // from the start of the struct
  std::uint32_t bit_size = 0;    // 0: not a bit-field, and bit_offset is one of a byte
  std::uint64_t size = 0;        // bytes of the type
};

// malformed_btf if the member is not inside of `aggregate`, or is wider than its type.
[[nodiscard]] Member member_at(const Btf& btf, const ::btf_type& aggregate, std::uint32_t index);

}  // namespace percpu_scope::inspect
