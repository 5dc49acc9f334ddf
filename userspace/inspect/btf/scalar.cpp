// SPDX-License-Identifier: GPL-2.0-only
//
// Integers, enums, pointers, floats.
#include "inspect/btf/scalar.hpp"

#include <bpf/btf.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "inspect/error.hpp"

namespace percpu_scope::inspect {
namespace {

static_assert(std::endian::native == std::endian::little, "bits are counted from the lowest");

std::uint64_t extract(std::span<const std::byte> bytes, std::uint32_t bit_offset,
                      std::uint32_t width) {
  std::uint64_t low = 0;
  std::memcpy(&low, bytes.data(), std::min(bytes.size(), sizeof(low)));
  std::uint64_t bits = low >> bit_offset;
  // A bit-field of more than 57 bits can reach into a ninth byte.
  if (bit_offset + width > 64) bits |= std::uint64_t(bytes[8]) << (64 - bit_offset);
  return width < 64 ? bits & ((std::uint64_t{1} << width) - 1) : bits;
}

std::string hex_number(std::uint64_t number) {
  std::array<char, 18> text{'0', 'x'};
  const auto [end, error] = std::to_chars(text.data() + 2, text.data() + text.size(), number, 16);
  return {text.data(), end};
}

// The enumerator's name; empty if none has this value.
std::string_view enumerator(const Btf& btf, const ::btf_type& type, const Scalar& scalar) {
  const std::uint64_t bits =
      scalar.width < 64 ? scalar.bits & ((std::uint64_t{1} << scalar.width) - 1) : scalar.bits;
  const std::int64_t extended = sign_extend(bits, scalar.width);
  for (std::uint32_t i = 0; i < vlen_of(type); ++i) {
    if (btf_kind(&type) == BTF_KIND_ENUM64) {
      const struct btf_enum64& candidate = btf_enum64(&type)[i];
      const std::uint64_t value = btf_enum64_value(&candidate);
      if (value == bits || value == static_cast<std::uint64_t>(extended))
        return btf.name_at(candidate.name_off);
      continue;
    }
    // Without the flag for signs, which old BTF lacks, -1 means 0xffffffff, too.
    const struct btf_enum& candidate = btf_enum(&type)[i];
    if (candidate.val == extended || static_cast<std::uint32_t>(candidate.val) == bits)
      return btf.name_at(candidate.name_off);
  }
  return {};
}

void show_number(Scalar& scalar) {
  if (scalar.is_signed)
    scalar.shown = static_cast<std::int64_t>(scalar.bits);
  else
    scalar.shown = scalar.bits;
}

Scalar wide_integer(std::span<const std::byte> bytes) {
  // JSON's numbers end at 64 bits: most significant byte first, as one reads.
  std::vector<std::byte> reversed(bytes.rbegin(), bytes.rend());
  Scalar scalar;
  scalar.shown = "0x" + hex_of(reversed).substr(4);
  scalar.width = static_cast<std::uint32_t>(bytes.size() * 8);
  return scalar;
}

Scalar float_of(std::span<const std::byte> bytes) {
  double number = 0;
  Scalar scalar;
  scalar.width = static_cast<std::uint32_t>(bytes.size() * 8);
  if (bytes.size() == sizeof(float)) {
    float narrow = 0;
    std::memcpy(&narrow, bytes.data(), sizeof(narrow));
    number = narrow;
  } else if (bytes.size() == sizeof(double)) {
    std::memcpy(&number, bytes.data(), sizeof(number));
  } else {
    scalar.shown = hex_of(bytes);
    return scalar;
  }
  scalar.bits = extract(bytes, 0, scalar.width);
  // JSON has no word for these.
  if (std::isnan(number))
    scalar.shown = std::string_view("nan");
  else if (std::isinf(number))
    scalar.shown = std::string_view(std::signbit(number) ? "-inf" : "inf");
  else
    scalar.shown = number;
  return scalar;
}

Scalar pointer(std::span<const std::byte> bytes, bool addresses) {
  Scalar scalar;
  scalar.width = static_cast<std::uint32_t>(bytes.size() * 8);
  scalar.bits = extract(bytes, 0, scalar.width);
  if (scalar.bits == 0)
    scalar.shown = std::string_view("NULL");
  else if (addresses)
    scalar.shown = hex_number(scalar.bits);
  else
    scalar.shown = std::string_view("(pointer)");
  return scalar;
}

Scalar word(std::string_view text) {
  Scalar scalar;
  scalar.shown = text;
  return scalar;
}

}  // namespace

std::int64_t sign_extend(std::uint64_t bits, std::uint32_t width) {
  const unsigned unused = 64 - width;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

std::uint64_t read_integer(std::span<const std::byte> bytes, std::uint32_t bit_offset,
                           std::uint32_t width, bool is_signed) {
  const std::uint64_t bits = extract(bytes, bit_offset, width);
  return is_signed ? static_cast<std::uint64_t>(sign_extend(bits, width)) : bits;
}

std::string hex_of(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "hex:";
  text.reserve(text.size() + 2 * bytes.size());
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

Scalar read_scalar(const Btf& btf, TypeId stripped, std::span<const std::byte> bytes,
                   std::uint32_t bit_offset, std::uint32_t bit_size, bool addresses) {
  const ::btf_type& type = btf.type(stripped);
  const auto kind = btf_kind(&type);
  switch (kind) {
    case BTF_KIND_UNKN:
      return word("(void)");
    case BTF_KIND_FWD:
      return word("(incomplete)");
    case BTF_KIND_PTR:
      return pointer(bytes, addresses);
    case BTF_KIND_FLOAT:
      return float_of(bytes);
    case BTF_KIND_INT:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      break;
    default:
      malformed("type " + std::to_string(stripped) + " is none that a variable can have");
  }

  std::uint32_t width = bit_size != 0 ? bit_size : static_cast<std::uint32_t>(bytes.size() * 8);
  if (kind == BTF_KIND_INT && bit_size == 0) {
    // An integer may say that it has fewer bits than its bytes hold.
    bit_offset = btf_int_offset(&type);
    if (btf_int_bits(&type) + bit_offset > width) malformed("an integer wider than its bytes");
    if (bytes.size() == 16 && btf_int_bits(&type) == 128) return wide_integer(bytes);
    width = btf_int_bits(&type);
  }
  if (width == 0 || width > 64 || bit_offset > 7 || bit_offset + width > bytes.size() * 8)
    malformed("an integer of " + std::to_string(width) + " bits");

  Scalar scalar;
  scalar.bit_offset = bit_offset;
  scalar.width = width;
  const unsigned encoding = kind == BTF_KIND_INT ? btf_int_encoding(&type) : 0;
  scalar.is_signed = kind == BTF_KIND_INT ? (encoding & BTF_INT_SIGNED) != 0 : btf_kflag(&type);
  scalar.bits = read_integer(bytes, bit_offset, width, scalar.is_signed);
  show_number(scalar);
  if (kind != BTF_KIND_INT) {
    if (const std::string_view name = enumerator(btf, type, scalar); !name.empty())
      scalar.shown = name;
  } else if ((encoding & BTF_INT_BOOL) != 0) {
    // What is neither is no bool, and is shown as it is.
    if (scalar.bits <= 1) scalar.shown = scalar.bits == 1;
  } else {
    scalar.is_number = true;
  }
  return scalar;
}

}  // namespace percpu_scope::inspect
