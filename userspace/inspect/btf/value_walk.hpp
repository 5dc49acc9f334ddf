// SPDX-License-Identifier: GPL-2.0-only
//
// One walk over bytes as a type describes them. For value.cpp, which says what becomes of
// what the walk meets.
#pragma once

#include <bpf/btf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "inspect/btf/btf.hpp"
#include "inspect/btf/field_path.hpp"
#include "inspect/btf/members.hpp"
#include "inspect/btf/scalar.hpp"
#include "inspect/btf/value.hpp"
#include "inspect/error.hpp"

namespace percpu_scope::inspect {

inline constexpr int deepest_nesting = 64;
// Unions show the same bytes several times, and bit-fields a byte as several values.
inline constexpr std::uint64_t most_values_per_byte = 64;
inline constexpr std::uint64_t most_values_of_none = 65536;

// Text and NULs behind it, or nothing but NULs.
inline bool is_text(std::span<const std::byte> bytes) {
  const auto nul = std::find(bytes.begin(), bytes.end(), std::byte{0});
  if (nul == bytes.end()) return false;
  const auto is_printable = [](std::byte byte) {
    const auto character = std::to_integer<unsigned char>(byte);
    return (character >= ' ' && character < 0x7f) || character == '\n' || character == '\t';
  };
  return std::all_of(bytes.begin(), nul, is_printable) &&
         std::all_of(nul, bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

inline bool is_char(const Btf& btf, const ::btf_type& type) {
  return btf_kind(&type) == BTF_KIND_INT && type.size == 1 &&
         ((btf_int_encoding(&type) & BTF_INT_CHAR) != 0 || btf.name(type) == "char");
}

// Calls out.open_object(), out.enter(name), … in the order of the bytes.
template <typename Out>
class ValueWalk {
 public:
  ValueWalk(const Btf& btf, std::span<const std::byte> bytes, const Decoding& decoding, Out& out)
      : btf_(btf),
        bytes_(bytes),
        decoding_(decoding),
        out_(out),
        allowed_(bytes.size() * most_values_per_byte + most_values_of_none) {}

  void bit_field(const Place& place) {
    const TypeId stripped = btf_.strip(place.type);
    if (place.bit_offset > 7 || (place.bit_offset + place.bit_size + 7) / 8 > bytes_.size())
      throw InspectError(Problem::bad_request, "a bit-field of other bytes");
    out_.scalar(
        read_scalar(btf_, stripped, bytes_, place.bit_offset, place.bit_size, decoding_.addresses),
        0);
  }

  // `at` is in bytes. Strips, so that arrays and members may do so once for many.
  void value(TypeId stripped, std::uint64_t at) {
    charge(1);
    const ::btf_type& type = btf_.type(stripped);
    // An array of such, too: where its elements lie, nobody knows.
    if (btf_.unknown_kind(stripped)) {
      Scalar unknown;
      unknown.shown = std::string_view("(unknown)");
      out_.scalar(std::move(unknown), at);
      return;
    }
    switch (btf_kind(&type)) {
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        part(at, type.size);
        out_.open_object(vlen_of(type));
        members(type, at);
        out_.close();
        break;
      case BTF_KIND_ARRAY:
        array(*btf_array(&type), at);
        break;
      case BTF_KIND_UNKN:
      case BTF_KIND_FWD:
        out_.scalar(read_scalar(btf_, stripped, {}, 0, 0, decoding_.addresses), at);
        break;
      default:
        out_.scalar(read_scalar(btf_, stripped, part(at, btf_.size_of(stripped)), 0, 0,
                                decoding_.addresses),
                    at);
    }
  }

 private:
  // A struct that holds itself would go on for ever, or twice as long at each level.
  void charge(std::uint64_t values) {
    if (values > allowed_) malformed("more values than the bytes can hold");
    allowed_ -= values;
  }

  std::span<const std::byte> part(std::uint64_t at, std::uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at)
      malformed("a value outside of its variable");
    return bytes_.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(size));
  }

  void members(const ::btf_type& aggregate, std::uint64_t at) {
    if (++depth_ > deepest_nesting) malformed("a struct that holds itself");
    for (std::uint32_t i = 0; i < vlen_of(aggregate); ++i) {
      const Member member = member_at(btf_, aggregate, i);
      const std::uint64_t start = at + member.bit_offset / 8;
      if (member.name.empty()) {
        charge(1);
        const ::btf_type& type = btf_.type(member.stripped);
        if (btf_is_composite(&type)) {
          part(start, type.size);
          members(type, start);
        }
        continue;
      }
      out_.enter(member.name);
      if (member.bit_size != 0) {
        charge(1);
        const auto bit_offset = static_cast<std::uint32_t>(member.bit_offset % 8);
        out_.scalar(
            read_scalar(btf_, member.stripped, part(start, (bit_offset + member.bit_size + 7) / 8),
                        bit_offset, member.bit_size, decoding_.addresses),
            start);
      } else {
        value(member.stripped, start);
      }
      out_.leave();
    }
    --depth_;
  }

  void array(const struct btf_array& array, std::uint64_t at) {
    if (++depth_ > deepest_nesting) malformed("an array of itself");
    const TypeId stripped = btf_.strip(array.type);
    const std::uint64_t size = btf_.size_of(stripped);
    std::uint64_t whole = 0;
    if (__builtin_mul_overflow(size, std::uint64_t{array.nelems}, &whole))
      malformed("an array larger than memory");
    const std::span<const std::byte> bytes = part(at, whole);
    if (!bytes.empty() && is_char(btf_, btf_.type(stripped)) && characters(bytes, at)) {
      --depth_;
      return;
    }
    // For elements of no size only this bounds them.
    charge(array.nelems);
    out_.open_array(array.nelems);
    for (std::uint32_t i = 0; i < array.nelems; ++i) {
      out_.enter(i);
      value(stripped, at + i * size);
      out_.leave();
    }
    out_.close();
    --depth_;
  }

  // False for a few characters that are no text.
  bool characters(std::span<const std::byte> bytes, std::uint64_t at) {
    Scalar scalar;
    if (is_text(bytes))
      scalar.shown = std::string(reinterpret_cast<const char*>(bytes.data()));
    else if (bytes.size() > longest_char_list)
      scalar.shown = hex_of(bytes);
    else
      return false;
    out_.scalar(std::move(scalar), at);
    return true;
  }

  const Btf& btf_;
  std::span<const std::byte> bytes_;
  const Decoding& decoding_;
  Out& out_;
  std::uint64_t allowed_;
  int depth_ = 0;
};

template <typename Out>
void walk(const Btf& btf, const Place& place, std::span<const std::byte> bytes,
          const Decoding& decoding, Out& out) {
  if (bytes.size() != place.size)
    throw InspectError(Problem::bad_request, "a value of " + std::to_string(place.size) +
                                                 " bytes, but there are " +
                                                 std::to_string(bytes.size()));
  ValueWalk<Out> steps(btf, bytes, decoding, out);
  if (place.bit_size != 0)
    steps.bit_field(place);
  else
    steps.value(btf.strip(place.type), 0);
}

}  // namespace percpu_scope::inspect
