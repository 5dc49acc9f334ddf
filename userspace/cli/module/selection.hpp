// SPDX-License-Identifier: GPL-2.0-only
//
// From words on the command line to counters, idioms, CPUs and contexts.
// Unknown words throw, with what there is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "percpu_scope/descriptions.hpp"

namespace percpu_scope::cli {

// Those of these names in their order, or all if no name is given.
std::vector<Counter> choose_counters(std::span<const Counter> counters,
                                     std::span<const std::string> names);
std::vector<CounterId> ids_of(std::span<const Counter> counters);

// Where to hammer and with what.
struct Pair {
  Counter counter;
  Idiom idiom;
};

// Which idioms to take where none is named.
struct IdiomFilter {
  bool patterns_only = false;
  // Only those that promise to conserve in all of these.
  ContextSet conserved{};
  // Only those that can be run in all of these, promised or not.
  ContextSet runnable{};
};

// Each counter with each idiom that fits it. Idioms that are named are taken
// as they are, and each must fit at least one of the counters; without names
// it is all that are no controls and pass the filter. UsageError if nothing fits.
std::vector<Pair> choose_pairs(std::span<const Counter> counters, std::span<const Idiom> idioms,
                               std::span<const std::string> idiom_names, const IdiomFilter& filter);

// "all", "0" or "1,3-5" of those, ascending; UsageError, with `which` these are.
std::vector<std::uint32_t> parse_cpus(const std::string& text,
                                      std::span<const std::uint32_t> available,
                                      const std::string& which = {});
inline constexpr const char* usable_ones =
    "it takes CPUs that are online and that this process may run on: see taskset -p";

// The words as a set; UsageError for task, which always runs.
ContextSet parse_contexts(std::span<const std::string> words);

// Where a counter is to start: decimal, or hexadecimal after 0x; a negative number is that
// modulo 2^64. UsageError for what is no such number.
std::uint64_t parse_start(const std::string& text);

// An origin or a context by its word; UnknownNameError with all of them.
template <typename Word>
Word parse_word(std::string_view kind, const std::string& text);

}  // namespace percpu_scope::cli
