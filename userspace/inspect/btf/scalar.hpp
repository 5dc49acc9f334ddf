// SPDX-License-Identifier: GPL-2.0-only
//
// One value that is neither struct nor array, out of bytes. For value; for users only
// read_integer() and sign_extend(), who read one leaf again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "inspect/btf/btf.hpp"

namespace percpu_scope::inspect {

struct Scalar {
  // A word is a name from BTF or a literal, a string one that was made up.
  std::variant<std::uint64_t, std::int64_t, bool, double, std::string_view, std::string> shown;
  std::uint64_t bits = 0;        // zero- or sign-extended
  std::uint32_t bit_offset = 0;  // of the lowest, within its bytes
  std::uint32_t width = 0;
  bool is_signed = false;
  bool is_number = false;
};

// `bytes` are all that the type has or, for a bit-field, those that hold it.
// malformed_btf for sizes that no such type can have.
[[nodiscard]] Scalar read_scalar(const Btf& btf, TypeId stripped, std::span<const std::byte> bytes,
                                 std::uint32_t bit_offset, std::uint32_t bit_size, bool addresses);

// `width` bits, at most 64, from bit `bit_offset`, at most 7, of the first byte on:
// zero- or sign-extended. `bytes` hold all of them, nine bytes if it must be.
[[nodiscard]] std::uint64_t read_integer(std::span<const std::byte> bytes, std::uint32_t bit_offset,
                                         std::uint32_t width, bool is_signed);

// The lowest `width` bits, 1 to 64, as a number with a sign.
[[nodiscard]] std::int64_t sign_extend(std::uint64_t bits, std::uint32_t width);

// "hex:" and the bytes as they lie.
[[nodiscard]] std::string hex_of(std::span<const std::byte> bytes);

}  // namespace percpu_scope::inspect
