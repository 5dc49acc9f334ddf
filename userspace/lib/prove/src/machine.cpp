// SPDX-License-Identifier: GPL-2.0-only
//
// Asking the module, uname(2) and sysfs.
#include "percpu_scope/prove/machine.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <iterator>

#include "percpu_scope/prove/hotplug.hpp"
#include "percpu_scope/prove/usable_cpus.hpp"

namespace percpu_scope {

bool Machine::is_x86() const {
  return name == "x86_64" || (name.size() == 4 && name[0] == 'i' && name.ends_with("86"));
}

Machine machine_of(const Device& device, bool interrupts_between_blocks) {
  utsname names{};
  (void)::uname(&names);
  const Info info = device.info();
  const std::vector<std::uint32_t> usable = usable_cpus(device.cpus());
  return {.info = info,
          .name = &names.machine[0],
          .usable_cpus = usable.size(),
          .cpu_can_go_offline = !offlinable_of(usable).empty(),
          .interrupts_between_blocks = interrupts_between_blocks};
}

std::vector<std::uint32_t> offlinable_of(std::span<const std::uint32_t> cpus) {
  const std::vector<std::uint32_t> offlinable = offlinable_cpus();
  std::vector<std::uint32_t> both;
  std::set_intersection(cpus.begin(), cpus.end(), offlinable.begin(), offlinable.end(),
                        std::back_inserter(both));
  return both;
}

}  // namespace percpu_scope
