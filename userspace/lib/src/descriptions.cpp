// SPDX-License-Identifier: GPL-2.0-only
//
// Looking up descriptions by name, and the identity of per-CPU pointers.
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
