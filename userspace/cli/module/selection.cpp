// SPDX-License-Identifier: GPL-2.0-only
//
// Choosing by name, and complaining well.
#include "cli/module/selection.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include "cli/frame/exit_code.hpp"
#include "percpu_scope/cpu_list.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

std::vector<Idiom> choose_idioms(std::span<const Idiom> idioms, std::span<const std::string> names,
                                 const IdiomFilter& filter) {
  std::vector<Idiom> chosen;
  for (const std::string& name : names) {
    const Idiom& idiom = find_idiom(idioms, name);
    if (filter.patterns_only && !idiom.is_pattern())
      throw UsageError("idiom '" + name + "' writes no pattern, so that torn values do not show");
    chosen.push_back(idiom);
  }
  if (!names.empty()) return chosen;
  std::copy_if(idioms.begin(), idioms.end(), std::back_inserter(chosen), [&](const Idiom& idiom) {
    return !idiom.is_control() && (!filter.patterns_only || idiom.is_pattern()) &&
           idiom.conserved.contains(filter.conserved) && idiom.runnable.contains(filter.runnable);
  });
  return chosen;
}

}  // namespace

std::vector<Counter> choose_counters(std::span<const Counter> counters,
                                     std::span<const std::string> names) {
  if (names.empty()) return {counters.begin(), counters.end()};
  std::vector<Counter> chosen;
  chosen.reserve(names.size());
  for (const std::string& name : names) chosen.push_back(find_counter(counters, name));
  return chosen;
}

std::vector<CounterId> ids_of(std::span<const Counter> counters) {
  std::vector<CounterId> ids;
  ids.reserve(counters.size());
  for (const Counter& counter : counters) ids.push_back(counter.id);
  return ids;
}

std::vector<Pair> choose_pairs(std::span<const Counter> counters, std::span<const Idiom> idioms,
                               std::span<const std::string> idiom_names,
                               const IdiomFilter& filter) {
  const std::vector<Idiom> chosen = choose_idioms(idioms, idiom_names, filter);
  if (!idiom_names.empty())
    for (const Idiom& idiom : chosen)
      if (std::none_of(counters.begin(), counters.end(),
                       [&](const Counter& counter) { return idiom.fits(counter); }))
        throw UsageError("idiom '" + idiom.name +
                         "' fits the storage of none of the counters; see pcpu idiom list");
  std::vector<Pair> pairs;
  for (const Counter& counter : counters)
    for (const Idiom& idiom : chosen)
      if (idiom.fits(counter)) pairs.push_back({.counter = counter, .idiom = idiom});
  if (pairs.empty()) throw UsageError("no idiom fits these counters and contexts");
  return pairs;
}

std::vector<std::uint32_t> parse_cpus(const std::string& text,
                                      std::span<const std::uint32_t> available,
                                      const std::string& which) {
  try {
    return parse_cpu_list(text, available);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what(), which);
  }
}

std::uint64_t parse_start(const std::string& text) {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  const bool hexadecimal = digits.starts_with("0x");
  if (hexadecimal) digits.remove_prefix(2);
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value, hexadecimal ? 16 : 10);
  constexpr std::uint64_t least = std::uint64_t{1} << 63;
  if (error != std::errc() || stopped != end || (negative && value > least))
    throw UsageError("'" + text + "' is no number of 64 bits: 5, -1 or 0xffffffff");
  return negative ? 0 - value : value;
}

template <typename Word>
Word parse_word(std::string_view kind, const std::string& text) {
  if (const std::optional<Word> word = from_string<Word>(text)) return *word;
  const std::span<const std::string_view> known = spellings<Word>();
  throw UnknownNameError(kind, text, {known.begin(), known.end()});
}

template Context parse_word(std::string_view, const std::string&);

ContextSet parse_contexts(std::span<const std::string> words) {
  ContextSet contexts;
  for (const std::string& word : words) {
    const auto context = parse_word<Context>("context", word);
    if (context == Context::task)
      throw UsageError("task context always runs; name only those that interfere");
    contexts.insert(context);
  }
  return contexts;
}

}  // namespace percpu_scope::cli
