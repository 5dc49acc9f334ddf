// SPDX-License-Identifier: GPL-2.0-only
//
// The spellings of words.hpp, each table in the ABI's order. Nothing else.
#include "percpu_scope/words.hpp"

namespace percpu_scope {
namespace {

constexpr std::array<std::string_view, 2> origin_words{"static", "dynamic"};

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
std::span<const std::string_view> spellings<Origin>() {
  return origin_words;
}
template <>
std::span<const std::string_view> spellings<Context>() {
  return context_words;
}

std::string to_string(const Storage& storage) { return std::string(storage.text()); }
std::string to_string(Origin origin) { return spelling(origin, "origin"); }
std::string to_string(const Variant& variant) { return std::string(variant.text()); }
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

template std::optional<Origin> from_number(std::uint32_t);
template std::optional<Context> from_number(std::uint32_t);
template std::optional<Origin> from_string(std::string_view);
template std::optional<Context> from_string(std::string_view);

std::vector<Context> ContextSet::elements() const {
  std::vector<Context> contexts;
  for (std::uint32_t number = 0; number < most; ++number)
    if (const auto context = static_cast<Context>(number); contains(context))
      contexts.push_back(context);
  return contexts;
}

std::string to_string(ContextSet contexts) {
  std::string text;
  for (const Context context : contexts.elements()) {
    if (!text.empty()) text += ',';
    text += to_string(context);
  }
  return text.empty() ? "-" : text;
}

}  // namespace percpu_scope
