// SPDX-License-Identifier: GPL-2.0-only
//
// The words of a loaded module and the numbers that its requests have for them:
// kinds with their fields, variants, contexts. With it the ABI's structs become
// descriptions. Pure functions of structs; asking for them is device.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "percpu_scope/descriptions.hpp"

namespace percpu_scope {

// The name in a char array of the ABI. MalformedError if nothing ends it.
std::string name_in(std::span<const char> room);

class Vocabulary {
 public:
  Vocabulary() = default;
  // Of the lists as the module gave them. MalformedError if a field is of no kind, or a kind
  // has other fields than it says.
  Vocabulary(std::span<const percpu_scope_kind> kinds, std::span<const percpu_scope_field> fields,
             std::span<const percpu_scope_variant> variants,
             std::span<const percpu_scope_context_name> contexts);

  [[nodiscard]] std::span<const Kind> kinds() const { return kinds_; }
  [[nodiscard]] std::span<const VariantDescription> variants() const { return variants_; }
  [[nodiscard]] std::span<const ContextDescription> contexts() const { return contexts_; }

  // As the module describes them. MalformedError if they are of a kind or a variant that it
  // has not listed. Flags, origins and contexts that this library does not know keep their
  // numbers.
  [[nodiscard]] Counter counter_of(const percpu_scope_counter& abi) const;
  [[nodiscard]] Idiom idiom_of(const percpu_scope_idiom& abi) const;

 private:
  std::vector<Kind> kinds_;
  std::vector<VariantDescription> variants_;
  std::vector<ContextDescription> contexts_;
};

}  // namespace percpu_scope
