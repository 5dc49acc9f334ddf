// SPDX-License-Identifier: GPL-2.0-only
//
// The spellings of words.hpp, each table in the ABI's order. Nothing else.
#include "percpu_scope/words.hpp"

#include <algorithm>

namespace percpu_scope {
namespace {

constexpr std::array<std::string_view, PERCPU_SCOPE_STORAGE_COUNT> storage_words{
    "u64",      "local64",      "u64_stats",    "seqcount",      "atomic64",
    "spinlock", "array_packed", "array_padded", "percpu_counter"};

constexpr std::array<std::string_view, 2> origin_words{"static", "dynamic"};

constexpr std::array<std::string_view, PERCPU_SCOPE_VARIANT_COUNT> variant_words{
    "DEFINE_PER_CPU",
    "DEFINE_PER_CPU_FIRST",
    "DEFINE_PER_CPU_SHARED_ALIGNED",
    "DEFINE_PER_CPU_ALIGNED",
    "DEFINE_PER_CPU_PAGE_ALIGNED",
    "DEFINE_PER_CPU_READ_MOSTLY",
    "alloc_percpu",
    "__alloc_percpu",
    "alloc_percpu_gfp",
    "ordinary"};

constexpr std::array<std::string_view, context_count> context_words{"task", "softirq", "hardirq",
                                                                    "nmi"};

template <typename Word>
std::string spelling(Word word, std::string_view kind) {
  const std::span<const std::string_view> words = spellings<Word>();
  const auto number = static_cast<std::size_t>(word);
  if (number < words.size()) return std::string(words[number]);
  return std::string(kind) + "-" + std::to_string(number);
}

}  // namespace

template <>
std::span<const std::string_view> spellings<Storage>() {
  return storage_words;
}
template <>
std::span<const std::string_view> spellings<Origin>() {
  return origin_words;
}
template <>
std::span<const std::string_view> spellings<Variant>() {
  return variant_words;
}
template <>
std::span<const std::string_view> spellings<Context>() {
  return context_words;
}

std::string to_string(Storage storage) { return spelling(storage, "storage"); }
std::string to_string(Origin origin) { return spelling(origin, "origin"); }
std::string to_string(Variant variant) { return spelling(variant, "variant"); }
std::string to_string(Context context) { return spelling(context, "context"); }

template <typename Word>
std::optional<Word> from_number(std::uint32_t number) {
  if (number >= spellings<Word>().size()) return std::nullopt;
  return static_cast<Word>(number);
}

template <typename Word>
std::optional<Word> from_string(std::string_view text) {
  const std::span<const std::string_view> words = spellings<Word>();
  const auto* const found = std::find(words.data(), words.data() + words.size(), text);
  return from_number<Word>(static_cast<std::uint32_t>(found - words.data()));
}

template std::optional<Storage> from_number(std::uint32_t);
template std::optional<Origin> from_number(std::uint32_t);
template std::optional<Variant> from_number(std::uint32_t);
template std::optional<Context> from_number(std::uint32_t);
template std::optional<Storage> from_string(std::string_view);
template std::optional<Origin> from_string(std::string_view);
template std::optional<Variant> from_string(std::string_view);
template std::optional<Context> from_string(std::string_view);

std::string to_string(ContextSet contexts) {
  std::string text;
  for (const Context context : all_contexts) {
    if (!contexts.contains(context)) continue;
    if (!text.empty()) text += ',';
    text += to_string(context);
  }
  return text.empty() ? "-" : text;
}

}  // namespace percpu_scope
