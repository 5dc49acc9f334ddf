// SPDX-License-Identifier: GPL-2.0-only
//
// What has to be known of a machine to say which mistakes can show on it. No
// judgement: that is for each control.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "percpu_scope/device.hpp"

namespace percpu_scope {

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

// Those of `cpus` that can be taken offline now; ascending, as they are.
std::vector<std::uint32_t> offlinable_of(std::span<const std::uint32_t> cpus);

}  // namespace percpu_scope
