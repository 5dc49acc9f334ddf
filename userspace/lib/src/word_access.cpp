// SPDX-License-Identifier: GPL-2.0-only
#include "percpu_scope/word_access.hpp"

#ifdef __arm__
#include <asm/hwcap.h>
#include <sys/auxv.h>

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <thread>
#endif

namespace percpu_scope {
namespace {

#ifdef __arm__
// Instructions of the kernel's own: what a compiler makes of an atomic is another pair.
void store(std::uint64_t& word, std::uint64_t value) {
  asm volatile("strd %1, %H1, [%0]" : : "r"(&word), "r"(value) : "memory");
}

std::uint64_t load(const std::uint64_t& word) {
  std::uint64_t value = 0;
  asm volatile("ldrd %0, %H0, [%1]" : "=r"(value) : "r"(&word) : "memory");
  return value;
}

constexpr std::uint32_t changes_wanted = 100'000;

bool try_it() {
  if ((::getauxval(AT_HWCAP) & HWCAP_LPAE) == 0) return true;
  alignas(sizeof(std::uint64_t)) std::uint64_t word = 0;
  const std::jthread writer([&word](const std::stop_token& stop) {
    // All ones and all zeros: halves of two values are never equal.
    for (std::uint64_t value = 0; !stop.stop_requested(); value = ~value) store(word, value);
  });
  // The writer may get a CPU late: what counts is how often it was met.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  std::uint64_t last = 0;
  for (std::uint32_t changes = 0;
       changes < changes_wanted && std::chrono::steady_clock::now() < end;)
    for (int i = 0; i < 1'000; ++i) {
      const std::uint64_t seen = load(word);
      if (static_cast<std::uint32_t>(seen) != static_cast<std::uint32_t>(seen >> 32)) return false;
      changes += seen != last ? 1 : 0;
      last = seen;
    }
  return true;
}
#else
bool try_it() { return true; }
#endif

}  // namespace

bool accesses_u64_whole() {
  // A fact of the machine, whichever device is asked.
  static const bool whole = try_it();
  return whole;
}

}  // namespace percpu_scope
