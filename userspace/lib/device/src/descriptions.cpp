// SPDX-License-Identifier: GPL-2.0-only
//
// Looking descriptions up by name, and the identity of per-CPU pointers.
#include "percpu_scope/descriptions.hpp"

#include <algorithm>
#include <utility>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

std::string_view name_of(const Kind& kind) { return kind.storage.text(); }
std::string_view name_of(const VariantDescription& variant) { return variant.variant.text(); }
std::string_view name_of(const Counter& counter) { return counter.name; }
std::string_view name_of(const Idiom& idiom) { return idiom.name; }

template <typename Thing>
const Thing& find_named(std::span<const Thing> things, std::string_view sort,
                        std::string_view name) {
  for (const Thing& thing : things)
    if (name_of(thing) == name) return thing;
  std::vector<std::string> known;
  known.reserve(things.size());
  for (const Thing& thing : things) known.emplace_back(name_of(thing));
  throw UnknownNameError(sort, name, std::move(known));
}

}  // namespace

std::string to_string(Context context, std::span<const ContextDescription> names) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const ContextDescription& one) {
    return one.context == context;
  });
  return found == names.end() ? to_string(context) : found->name;
}

std::string to_string(ContextSet contexts, std::span<const ContextDescription> names) {
  std::string text;
  for (const Context context : contexts.elements()) {
    if (!text.empty()) text += ',';
    text += to_string(context, names);
  }
  return text.empty() ? "-" : text;
}

const Kind& find_kind(std::span<const Kind> kinds, std::string_view name) {
  return find_named(kinds, "storage", name);
}

const VariantDescription& find_variant(std::span<const VariantDescription> variants,
                                       std::string_view name) {
  return find_named(variants, "variant", name);
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
