// SPDX-License-Identifier: GPL-2.0-only
//
// Bytes and a type to a JSON value: integers exact and whole, structs as objects in
// the order of their fields, anonymous members merged into their parent, enums as
// their names (the number where none fits), booleans, pointers as hexadecimal
// strings only where addresses may be shown, arrays of char that are text as strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "inspect/btf.hpp"
#include "inspect/field_path.hpp"

namespace percpu_scope::inspect {

struct Decoding {
  bool addresses = false;  // else a pointer is "NULL" or "(pointer)"
};

// `bytes` are those of `place`, place.size long.
nlohmann::ordered_json decode(const Btf& btf, const Place& place, std::span<const std::byte> bytes,
                              const Decoding& decoding = {});

// One scalar with its path, for lines field=value, rates and sums.
struct Leaf {
  std::string path;         // "cpustat[3]"; empty for a scalar variable
  std::uint64_t bits = 0;   // the value, zero- or sign-extended
  std::uint32_t width = 0;  // bits of the type, for arithmetic modulo 2^width
  bool is_signed = false;
  bool is_number = false;  // an integer or bit-field, no pointer, enum, bool or char text
  std::string text;        // as decode() shows it
};
void for_each_leaf(const Btf& btf, const Place& place, std::span<const std::byte> bytes,
                   const Decoding& decoding, const std::function<void(const Leaf&)>& visit);

}  // namespace percpu_scope::inspect
