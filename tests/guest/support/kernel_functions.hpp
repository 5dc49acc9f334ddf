// SPDX-License-Identifier: GPL-2.0-only
//
// Functions of the kernel by name, for tests that set probes on them.
#pragma once

#include <cstddef>
#include <string>

namespace percpu_scope::guest {

// The text of /proc/kallsyms, as it was when it was first asked for.
const std::string& symbols();

// How many functions have this name; of the module, if it names one.
std::size_t times_listed(const std::string& name);

// The kernel's entry of getsid(2), which nobody calls: to change code that another CPU
// executes is more than every emulator can do. Each architecture has its own name for it.
std::string entry_of_getsid();

// Kprobes are not optimised while this lives. Planting or removing one else waits for the
// optimiser, which waits for all tasks: a second for each in an emulated machine. For tests
// of what is asked and answered; what is counted by optimised ones, CountCalls tests.
class WithoutKprobeOptimization {
 public:
  WithoutKprobeOptimization();
  WithoutKprobeOptimization(const WithoutKprobeOptimization&) = delete;
  WithoutKprobeOptimization& operator=(const WithoutKprobeOptimization&) = delete;
  WithoutKprobeOptimization(WithoutKprobeOptimization&&) = delete;
  WithoutKprobeOptimization& operator=(WithoutKprobeOptimization&&) = delete;
  ~WithoutKprobeOptimization();

 private:
  bool was_on_;
};

}  // namespace percpu_scope::guest
