// SPDX-License-Identifier: GPL-2.0-only
//
// BTF as the kernel gives it (Documentation/bpf/btf.rst), owned. Indexed here and
// not by libbpf, which copies the whole and trusts more of it; what a type says is
// checked when it is asked for, so that nobody above needs to. No per-CPU words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/kernel/mapping.hpp"

struct btf_type;

namespace percpu_scope::inspect {

using TypeId = std::uint32_t;  // within one Btf and its base; 0 is void

// How many members, parameters, … follow a type. 7.x has 24 bits for it, and for
// the kind 7 (BTF_INFO_VLEN of linux/btf.h); before, the added bits are zero, and
// libbpf's btf_vlen() knows no more than 16.
std::uint32_t vlen_of(const ::btf_type& type);

class Btf {
 public:
  // Raw BTF, as in /sys/kernel/btf. `base` is what a module's BTF is split from,
  // and must outlive it. InspectError: no_btf if there is no such file,
  // malformed_btf if the bytes are no BTF.
  static Btf load(const std::string& path, const Btf* base = nullptr);
  static Btf parse(std::span<const std::byte> bytes, const Btf* base = nullptr);

  // malformed_btf if there is no such type. Never null.
  [[nodiscard]] const ::btf_type& type(TypeId id) const;
  // Empty for anonymous types and for names that point nowhere or are not printable.
  [[nodiscard]] std::string_view name(const ::btf_type& type) const;
  [[nodiscard]] std::string_view name_at(std::uint32_t offset) const;
  // Below typedefs, const, volatile, restrict and type tags. malformed_btf for circles.
  [[nodiscard]] TypeId strip(TypeId id) const;
  // Bytes; malformed_btf for types without a size.
  [[nodiscard]] std::uint64_t size_of(TypeId id) const;
  // As C writes it: "struct foo", "unsigned int[4]", "struct bar *".
  [[nodiscard]] std::string spell(TypeId id) const;
  // The type called so: "foo_t", "struct foo", "union u", "enum e", "unsigned long",
  // with "[N]" and "*" behind it for arrays and pointers only where BTF has that very
  // type, or "#12" by number. UnknownNameError with the closest names if there is none;
  // bad_request with the numbers if there are several that differ.
  [[nodiscard]] TypeId find(std::string_view spelling) const;
  // 4 or 8: bytes of a pointer.
  [[nodiscard]] std::size_t pointer_size() const;
  // Ids run from first_id() (1, or the base's end) to end_id() - 1.
  [[nodiscard]] TypeId first_id() const;
  [[nodiscard]] TypeId end_id() const;
  // Its own DATASECs.
  [[nodiscard]] std::span<const TypeId> sections() const { return sections_; }

 private:
  Btf(std::span<const std::byte> bytes, const Btf* base);
  void index_types(std::size_t start, std::size_t end);
  [[nodiscard]] std::size_t find_pointer_size() const;

  Mapping mapped_;  // one of these holds the bytes
  std::unique_ptr<std::byte[]> copied_;
  const std::byte* bytes_;
  const Btf* base_;
  TypeId first_;                        // of the own types
  std::uint32_t strings_first_;         // where the own strings begin, for the types
  std::string_view strings_;            // the own ones
  std::vector<std::uint32_t> offsets_;  // of each own type, in bytes_
  std::vector<TypeId> sections_;
  std::size_t pointer_size_;
};

}  // namespace percpu_scope::inspect
