// SPDX-License-Identifier: GPL-2.0-only
//
// Bytes and a type to a JSON value: integers exact and whole, structs as objects in
// the order of their fields, anonymous members merged into their parent, enums as
// their names (the number where none fits), booleans, pointers as hexadecimal
// strings only where addresses may be shown, arrays of char as strings: their text if
// they are text and NULs behind it, else "hex:…" if they are longer than
// longest_char_list (shorter ones are lists of numbers). A flexible array is an empty
// list: nobody knows how long it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "inspect/btf/btf.hpp"
#include "inspect/btf/field_path.hpp"

namespace percpu_scope::inspect {

inline constexpr std::uint64_t longest_char_list = 64;

struct Decoding {
  bool addresses = false;  // else a pointer is "NULL" or "(pointer)"
};

// `bytes` are those of `place`, place.size long; bad_request if they are not,
// malformed_btf if the type says more than they hold.
nlohmann::ordered_json decode(const Btf& btf, const Place& place, std::span<const std::byte> bytes,
                              const Decoding& decoding = {});

// One scalar with its path, for lines field=value, rates and sums.
struct Leaf {
  std::string path;              // "cpustat[3]"; empty for a scalar variable
  std::uint64_t offset = 0;      // bytes, from the place's start
  std::uint32_t bit_offset = 0;  // within the bytes at `offset`: where its bits begin
  std::uint64_t bits = 0;        // the value, zero- or sign-extended
  std::uint32_t width = 0;       // bits of the type, for arithmetic modulo 2^width
  bool is_signed = false;
  bool is_number = false;  // an integer or bit-field, no pointer, enum, bool or char text
  std::string text;        // as decode() shows it
};
void for_each_leaf(const Btf& btf, const Place& place, std::span<const std::byte> bytes,
                   const Decoding& decoding, const std::function<void(const Leaf&)>& visit);

}  // namespace percpu_scope::inspect
