// SPDX-License-Identifier: GPL-2.0-only
//
// The controls: what must be caught, where, how, and how often it is. A table;
// running one is controls.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "percpu_scope/prove/machine.hpp"
#include "percpu_scope/words.hpp"

namespace percpu_scope {

// How a control is caught.
enum class Catch {
  lost,           // issued and counted differ
  counted_twice,  // more counted than issued
  torn,           // a reader on another CPU sees half-written values
  torn_or_lost,   // either: two writers in one section do both
  backward,       // a reader on another CPU sees fields go back
  open_sections,  // an interrupt found the section of its own CPU open
  online_only,    // the sum over the online CPUs lacks what an offline one counted
};
std::string_view to_string(Catch how);

// How an interference gets into the window: by itself, or by a kprobe in it.
enum class Means { genuine, injected };
std::string_view to_string(Means means);

enum class Threads { one, two, all, unpinned };

// Where the expected rate is from.
enum class Source { measured, sources };
std::string_view to_string(Source source);

struct ControlScenario {
  std::uint32_t number = 0;  // the kind of mistake; several scenarios can show one
  std::string_view name;
  std::string_view mistake;  // in a few words
  std::string_view idiom;
  std::string_view counter;  // a static one
  Catch caught_by = Catch::lost;
  Means means = Means::genuine;
  Threads threads = Threads::all;
  ContextSet contexts{};  // that interfere
  std::chrono::microseconds period{0};
  std::uint64_t updates = 0;        // per thread, in the first attempt
  std::uint64_t interruptions = 0;  // at least, per context and CPU
  std::uint64_t start = 0;          // what each copy begins with
  std::string_view where;           // it must fail, in words
  // Why it cannot fail on this machine; empty if it must.
  std::string_view (*why_not)(const Machine& machine) = nullptr;
  std::string_view rate;  // expected
  Source source = Source::measured;
  // The right way to do it, run beside it in the same conditions: it must
  // conserve. Empty: none of its kind.
  std::string_view right_way{};
};

// The whole table, by number.
std::span<const ControlScenario> control_scenarios();
// UnknownNameError with all names.
const ControlScenario& find_scenario(std::string_view name);

}  // namespace percpu_scope
