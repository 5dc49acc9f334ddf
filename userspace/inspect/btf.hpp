// SPDX-License-Identifier: GPL-2.0-only
//
// BTF as the kernel gives it (Documentation/bpf/btf.rst), owned. libbpf parses;
// what it leaves unchecked (ids out of range, circles of typedefs) is checked
// here, once, so that nobody above needs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct btf;
struct btf_type;

namespace percpu_scope::inspect {

using TypeId = std::uint32_t;  // within one Btf and its base; 0 is void

class Btf {
 public:
  // Raw BTF, as in /sys/kernel/btf. `base` is what a module's BTF is split from,
  // and must outlive it. InspectError: no_btf if there is no such file,
  // malformed_btf if the bytes are no BTF.
  static Btf load(const std::string& path, const Btf* base = nullptr);
  static Btf parse(std::span<const std::byte> bytes, const Btf* base = nullptr);

  // For libbpf's own functions.
  [[nodiscard]] const ::btf* get() const { return btf_.get(); }

  // malformed_btf if there is no such type. Never null.
  [[nodiscard]] const ::btf_type& type(TypeId id) const;
  // Empty for anonymous types and for names that point nowhere.
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
  // type. UnknownNameError with the closest names if there is none.
  [[nodiscard]] TypeId find(std::string_view spelling) const;
  // 4 or 8: bytes of a pointer.
  [[nodiscard]] std::size_t pointer_size() const;
  // Ids run from first_id() (1, or the base's end) to end_id() - 1.
  [[nodiscard]] TypeId first_id() const;
  [[nodiscard]] TypeId end_id() const;

 private:
  struct Free {
    void operator()(::btf* btf) const;
  };
  explicit Btf(::btf* btf, const Btf* base) : btf_(btf), base_(base) {}

  std::unique_ptr<::btf, Free> btf_;
  const Btf* base_;
};

}  // namespace percpu_scope::inspect
