// SPDX-License-Identifier: GPL-2.0-only
//
// What is fuzzed: each target takes any bytes, and checks what must hold of them.
// Nothing here knows libFuzzer.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace percpu_scope::fuzz {

using Input = std::span<const std::byte>;
using Seed = std::vector<std::byte>;

struct Target {
  std::string_view name;
  // Aborts if the input shows a defect. Errors that are announced are none.
  void (*run)(Input input);
  // To begin with.
  std::vector<Seed> (*seeds)();
};

std::span<const Target> all_targets();

// For the targets.
void require(bool holds);
std::string_view text_of(Input input);
std::vector<Seed> seeds_of(std::initializer_list<std::string_view> texts);

}  // namespace percpu_scope::fuzz
