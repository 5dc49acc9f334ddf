// SPDX-License-Identifier: GPL-2.0-only
#include "percpu_scope/closest_names.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

namespace percpu_scope {
namespace {

// Levenshtein's distance, ignoring case.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < right.size(); ++j) {
      const bool same = std::tolower(static_cast<unsigned char>(left[i])) ==
                        std::tolower(static_cast<unsigned char>(right[j]));
      const std::size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> closest_names(std::string_view name, std::vector<std::string> names,
                                       std::size_t most) {
  // Each distance once: a comparison of two names would ask for both anew.
  std::vector<std::pair<std::size_t, std::string>> near;
  near.reserve(names.size());
  for (std::string& one : names) {
    const std::size_t far = distance(one, name);
    near.emplace_back(far, std::move(one));
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  std::vector<std::string> closest;
  for (auto& [far, one] : near)
    // One that two objects have is one name.
    if (closest.size() < most && std::find(closest.begin(), closest.end(), one) == closest.end())
      closest.push_back(std::move(one));
  return closest;
}

}  // namespace percpu_scope
