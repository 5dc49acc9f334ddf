// SPDX-License-Identifier: GPL-2.0-only
//
// Running a control, and saying what came of it. A control that must be caught
// and is not makes every other pass doubtful.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "percpu_scope/device.hpp"
#include "percpu_scope/prove/control_scenarios.hpp"
#include "percpu_scope/prove/machine.hpp"

namespace percpu_scope {

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
  std::uint64_t backward = 0;
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
