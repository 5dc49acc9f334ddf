// SPDX-License-Identifier: GPL-2.0-only
//
// The ABI's descriptions in C++ terms, looking them up by name, and the identity of
// per-CPU pointers.
#include "percpu_scope/descriptions.hpp"

#include <algorithm>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

template <typename Thing>
const Thing& find_named(std::span<const Thing> things, std::string_view kind,
                        std::string_view name) {
  for (const Thing& thing : things)
    if (thing.name == name) return thing;
  std::vector<std::string> known;
  known.reserve(things.size());
  for (const Thing& thing : things) known.push_back(thing.name);
  throw UnknownNameError(kind, name, std::move(known));
}

}  // namespace

Counter counter_of(const percpu_scope_counter& abi) {
  if (abi.field_count > PERCPU_SCOPE_FIELDS_MAX)
    throw MalformedError("module describes a counter of " + std::to_string(abi.field_count) +
                         " fields");
  Counter counter{.id = static_cast<CounterId>(abi.id),
                  .storage = static_cast<Storage>(abi.storage),
                  .origin = static_cast<Origin>(abi.origin),
                  .variant = static_cast<Variant>(abi.variant),
                  .flags = abi.flags,
                  .size = abi.size,
                  .align = abi.align,
                  .percpu_pointer = abi.percpu_pointer,
                  .name = to_text(abi.name),
                  .fields = {}};
  counter.fields.reserve(abi.field_count);
  for (std::size_t i = 0; i < abi.field_count; ++i)
    counter.fields.push_back({.name = to_text(abi.fields[i].name), .weight = abi.fields[i].weight});
  return counter;
}

Idiom idiom_of(const percpu_scope_idiom& abi) {
  return {.id = static_cast<IdiomId>(abi.id),
          .flags = abi.flags,
          .storages = abi.storages,
          .conserved = ContextSet(abi.conserved),
          .runnable = ContextSet(abi.runnable),
          .name = to_text(abi.name),
          .call = to_text(abi.call)};
}

const Counter& find_counter(std::span<const Counter> counters, std::string_view name) {
  return find_named(counters, "counter", name);
}

const Idiom& find_idiom(std::span<const Idiom> idioms, std::string_view name) {
  return find_named(idioms, "idiom", name);
}

std::uint64_t percpu_pointer_from(std::uint64_t address, std::uint64_t offset,
                                  std::uint32_t bits_per_long) {
  const std::uint64_t difference = address - offset;
  return bits_per_long == 32 ? difference & 0xffff'ffffU : difference;
}

}  // namespace percpu_scope
