// SPDX-License-Identifier: GPL-2.0-only
//
// Numbers to words; what refers to nothing is refused.
#include "percpu_scope/vocabulary.hpp"

#include <algorithm>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

// The one with this number; null if there is none.
template <typename Things>
auto* numbered(Things& things, std::uint32_t number) {
  const auto found = std::find_if(things.begin(), things.end(),
                                  [&](const auto& thing) { return thing.number == number; });
  return found == things.end() ? nullptr : &*found;
}

template <typename Thing>
const Thing& known(const std::vector<Thing>& things, std::uint32_t number, std::string_view sort,
                   const std::string& whose) {
  const Thing* const found = numbered(things, number);
  if (found == nullptr)
    throw MalformedError("module gives '" + whose + "' the " + std::string(sort) + " " +
                         std::to_string(number) + ", which it does not list");
  return *found;
}

}  // namespace

std::string name_in(std::span<const char> room) {
  const auto end = std::find(room.begin(), room.end(), '\0');
  if (end == room.end()) throw MalformedError("module gives a name that does not end");
  return {room.begin(), end};
}

Vocabulary::Vocabulary(std::span<const percpu_scope_kind> kinds,
                       std::span<const percpu_scope_field> fields,
                       std::span<const percpu_scope_variant> variants,
                       std::span<const percpu_scope_context_name> contexts) {
  for (const percpu_scope_kind& abi : kinds)
    kinds_.push_back({.storage = Storage(name_in(abi.name)),
                      .number = abi.kind,
                      .flags = abi.flags,
                      .size = abi.size,
                      .align = abi.align,
                      .fields = {}});
  for (const percpu_scope_field& abi : fields) {
    Kind* const kind = numbered(kinds_, abi.kind);
    if (kind == nullptr)
      throw MalformedError("module lists a field '" + name_in(abi.name) + "' of kind " +
                           std::to_string(abi.kind) + ", which is none");
    // Modulo 2^0 nothing would ever be lost.
    if (abi.bits == 0 || abi.bits > 64)
      throw MalformedError("module lists a field '" + name_in(abi.name) + "' of " +
                           std::to_string(abi.bits) + " bits");
    kind->fields.push_back({.name = name_in(abi.name), .weight = abi.weight, .bits = abi.bits});
  }
  for (std::size_t i = 0; i < kinds_.size(); ++i)
    if (kinds_[i].fields.size() != kinds[i].field_count || kinds[i].field_count == 0)
      throw MalformedError("module lists " + std::to_string(kinds_[i].fields.size()) +
                           " fields of kind '" + to_string(kinds_[i].storage) + "', which has " +
                           std::to_string(kinds[i].field_count));
  for (const percpu_scope_variant& abi : variants)
    variants_.push_back(
        {.variant = Variant(name_in(abi.name)), .number = abi.variant, .flags = abi.flags});
  for (const percpu_scope_context_name& abi : contexts)
    contexts_.push_back({.context = static_cast<Context>(abi.context),
                         .supported = abi.supported != 0,
                         .name = name_in(abi.name)});
}

Counter Vocabulary::counter_of(const percpu_scope_counter& abi) const {
  std::string name = name_in(abi.name);
  const Kind& kind = known(kinds_, abi.kind, "kind", name);
  const VariantDescription& variant = known(variants_, abi.variant, "variant", name);
  return {.id = static_cast<CounterId>(abi.counter),
          .storage = kind.storage,
          .origin = static_cast<Origin>(abi.origin),
          .variant = variant.variant,
          .flags = abi.flags,
          .kind_flags = kind.flags,
          .size = abi.bytes,
          .align = abi.align,
          .percpu_pointer = abi.percpu_pointer,
          .name = std::move(name),
          .fields = kind.fields};
}

Idiom Vocabulary::idiom_of(const percpu_scope_idiom& abi) const {
  std::string name = name_in(abi.name);
  const Kind& kind = known(kinds_, abi.kind, "kind", name);
  return {.id = static_cast<IdiomId>(abi.idiom),
          .flags = abi.flags,
          .storage = kind.storage,
          .kind_flags = kind.flags,
          .conserved = ContextSet(abi.conserved),
          .runnable = ContextSet(abi.runnable),
          .name = std::move(name),
          .call = name_in(abi.call)};
}

}  // namespace percpu_scope
