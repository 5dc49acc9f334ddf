// SPDX-License-Identifier: GPL-2.0-only
#include "support/kernel_functions.hpp"

#include <fstream>
#include <stdexcept>

#include "support/support.hpp"

namespace percpu_scope::guest {
namespace {

// It is not there where the kernel optimises none.
constexpr const char* optimization = "/proc/sys/debug/kprobes-optimization";

void optimize(bool on) { std::ofstream(optimization) << (on ? 1 : 0) << std::flush; }

}  // namespace

const std::string& symbols() {
  static const std::string text = read_file("/proc/kallsyms");
  return text;
}

std::size_t times_listed(const std::string& name) {
  std::size_t count = 0;
  for (const char kind : {'t', 'T'})
    for (const char end : {'\n', '\t'}) {
      const std::string words = std::string(" ") + kind + ' ' + name + end;
      for (std::size_t at = symbols().find(words); at != std::string::npos;
           at = symbols().find(words, at + 1))
        ++count;
    }
  return count;
}

std::string entry_of_getsid() {
  for (const char* const name :
       {"__x64_sys_getsid", "__arm64_sys_getsid", "__ia32_sys_getsid", "sys_getsid"})
    if (times_listed(name) > 0) return name;
  throw std::runtime_error("/proc/kallsyms has no entry of getsid(2)");
}

WithoutKprobeOptimization::WithoutKprobeOptimization()
    : was_on_(path_exists(optimization) && read_file(optimization).starts_with('1')) {
  if (was_on_) optimize(false);
}

WithoutKprobeOptimization::~WithoutKprobeOptimization() {
  if (was_on_) optimize(true);
}

}  // namespace percpu_scope::guest
