// SPDX-License-Identifier: GPL-2.0-only
//
// Matching patterns.
#include "inspect/catalogue/glob.hpp"

#include <cstddef>

namespace percpu_scope::inspect {
namespace {

// One character against what stands at `at` in the pattern; moves `at` behind it. A
// '[' that nothing closes is only that.
bool matches_one(char character, std::string_view pattern, std::size_t& at) {
  const char first = pattern[at++];
  if (first == '?') return true;
  if (first != '[') return first == character;
  std::size_t i = at;
  const bool inverted = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (inverted) ++i;
  const std::size_t set = i;
  bool inside = false;
  // A ']' that comes first is one of the set.
  for (; i < pattern.size() && (pattern[i] != ']' || i == set); ++i) {
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      inside = inside || (pattern[i] <= character && character <= pattern[i + 2]);
      i += 2;
    } else {
      inside = inside || pattern[i] == character;
    }
  }
  if (i >= pattern.size()) return character == '[';
  at = i + 1;
  return inside != inverted;
}

}  // namespace

bool matches_glob(std::string_view text, std::string_view pattern) {
  std::size_t at_text = 0;
  std::size_t at_pattern = 0;
  // Where to go on if it fails: behind the last star, one character further on.
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (at_text < text.size()) {
    if (at_pattern < pattern.size() && pattern[at_pattern] == '*') {
      star = ++at_pattern;
      retry = at_text;
      continue;
    }
    if (at_pattern < pattern.size() && matches_one(text[at_text], pattern, at_pattern)) {
      ++at_text;
      continue;
    }
    if (star == std::string_view::npos) return false;
    at_pattern = star;
    at_text = ++retry;
  }
  while (at_pattern < pattern.size() && pattern[at_pattern] == '*') ++at_pattern;
  return at_pattern == pattern.size();
}

}  // namespace percpu_scope::inspect
