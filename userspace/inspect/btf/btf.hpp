// SPDX-License-Identifier: GPL-2.0-only
//
// BTF as the kernel gives it (Documentation/bpf/btf.rst), owned. Indexed here and
// not by libbpf, which copies the whole and trusts more of it; what a type says is
// checked when it is asked for, so that nobody above needs to. No per-CPU words.
#pragma once

#include <linux/btf.h>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/btf/kinds.hpp"
#include "inspect/kernel/mapping.hpp"

namespace percpu_scope::inspect {

using TypeId = std::uint32_t;  // within one Btf and its base; 0 is void

// Below aliases and arrays: what lies there again and again.
struct Elements {
  TypeId type = 0;
  std::uint64_t count = 1;
};

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
  // malformed_btf for an array of itself, or one larger than memory.
  [[nodiscard]] Elements elements_of(TypeId id) const;
  // Bytes; malformed_btf for types without a size, unsupported for those of a kind that
  // this program does not know.
  [[nodiscard]] std::uint64_t size_of(TypeId id) const;
  // Has it one? Functions, sections, void and what is only announced have none.
  [[nodiscard]] bool has_size(TypeId id) const;
  // Of the type, or of its elements, if it is none that this program knows: type() shows
  // it as void then, with its name.
  [[nodiscard]] std::optional<std::uint32_t> unknown_kind(TypeId id) const;
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
  struct Unknown {
    ::btf_type stand_in;
    std::uint32_t kind;
  };

  Btf(std::span<const std::byte> bytes, const Btf* base);
  void index_types(std::size_t start, std::size_t end, const KindLayout& layout);
  [[noreturn]] void refuse_kind(std::uint32_t kind) const;
  [[nodiscard]] std::uint64_t size_of_element(TypeId stripped) const;
  [[nodiscard]] std::size_t find_pointer_size() const;

  Mapping mapped_;  // one of these holds the bytes
  std::unique_ptr<std::byte[]> copied_;
  const std::byte* bytes_;
  const Btf* base_;
  TypeId first_;                        // of the own types
  std::uint32_t strings_first_;         // where the own strings begin, for the types
  std::string_view strings_;            // the own ones
  std::vector<std::uint32_t> offsets_;  // of each own type, in bytes_; 0: it is in unknown_
  std::vector<TypeId> sections_;
  std::map<TypeId, Unknown> unknown_;  // few, if any; they stay where they are
  std::size_t pointer_size_;
};

}  // namespace percpu_scope::inspect
