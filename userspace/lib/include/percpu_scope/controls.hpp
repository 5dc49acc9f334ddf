// SPDX-License-Identifier: GPL-2.0-only
//
// Controls: what must be caught, where, how, and how often it is. Each scenario
// is one entry in control_scenarios.cpp; this runs one and says what came of
// it. A control that must be caught and is not makes every other pass doubtful.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "percpu_scope/device.hpp"

namespace percpu_scope {

// What a control needs to know of the machine.
struct Machine {
  Info info;
  std::string name;             // uname's machine: x86_64, i686, aarch64, armv7l
  std::size_t usable_cpus = 0;  // online, and this process may run there
  bool cpu_can_go_offline = false;
  // QEMU's emulation interrupts between translation blocks only: what lies in one is
  // never interrupted, whatever a real machine would do. The machine looks the same from
  // inside: whoever boots it has to say so.
  bool interrupts_between_blocks = false;

  [[nodiscard]] bool is_x86() const;
};
Machine machine_of(const Device& device, bool interrupts_between_blocks);

// How a control is caught.
enum class Catch {
  lost,           // issued and counted differ
  torn,           // a reader on another CPU sees half-written values
  torn_or_lost,   // either: two writers in one section do both
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

enum class Outcome {
  caught,
  not_caught,      // where it must be: INCONCLUSIVE, and no pass
  not_applicable,  // it cannot show here, and `why` says so
  right_way_lost,  // the control aside: the correct idiom beside it did not conserve
  interrupted,
};
std::string_view to_string(Outcome outcome);

struct ControlNumbers {
  std::uint64_t issued = 0;  // updates, injected ones included
  std::uint64_t injected = 0;
  std::uint64_t interfering = 0;  // of the issued, those from other contexts
  // Issued minus counted updates; negative if too many were counted.
  std::int64_t lost = 0;
  std::uint64_t reads = 0;
  std::uint64_t torn = 0;
  std::uint64_t starved = 0;
  std::uint64_t open_sections = 0;
  // The sequence stayed odd: no reader gets through any more, and what was
  // lost cannot be told.
  bool stuck = false;
};

struct ControlResult {
  Outcome outcome = Outcome::not_applicable;
  std::string why{};  // if not applicable
  std::uint32_t attempts = 0;
  ControlNumbers numbers{};  // of the last attempt
  std::optional<ControlNumbers> right_way{};
  std::chrono::nanoseconds elapsed{0};
};

// Good: caught, or not applicable.
constexpr bool is_good(Outcome outcome) {
  return outcome == Outcome::caught || outcome == Outcome::not_applicable;
}

struct ControlBounds {
  // Each attempt makes four times as many updates as the one before.
  std::uint32_t attempts = 5;
  std::stop_token stop{};
};

// Why the scenario cannot show on this machine, empty if it must: its own
// reason, or what it takes that is not there.
std::string why_not_applicable(const ControlScenario& scenario, const Machine& machine);

// Zeroes the scenario's counter, before and after.
ControlResult run_control(const Device& device, const ControlScenario& scenario,
                          const Machine& machine, const ControlBounds& bounds = {});

}  // namespace percpu_scope
