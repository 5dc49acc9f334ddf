// SPDX-License-Identifier: GPL-2.0-only
//
// libFuzzer's two functions. Its arguments are its own, so ours are variables:
// PERCPU_SCOPE_FUZZ_TARGET names a target, and PERCPU_SCOPE_FUZZ_SEEDS a folder that
// is there, for the inputs to begin with. But for --list, alone: the targets, a line each.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "targets.hpp"

namespace {

using percpu_scope::fuzz::Target;

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

const Target& chosen() {
  static const Target& target = []() -> const Target& {
    const auto targets = percpu_scope::fuzz::all_targets();
    const std::string_view name = variable("PERCPU_SCOPE_FUZZ_TARGET");
    const auto found = std::find_if(targets.begin(), targets.end(), [&](const Target& candidate) {
      return candidate.name == name;
    });
    if (found != targets.end()) return *found;
    std::fprintf(stderr, "PERCPU_SCOPE_FUZZ_TARGET is to be one of:");
    for (const Target& candidate : targets)
      std::fprintf(stderr, " %s", std::string(candidate.name).c_str());
    std::fprintf(stderr, "\n");
    std::exit(2);
  }();
  return target;
}

}  // namespace

// In place of __sanitizer_cov_trace_pc: here nobody counts (CMakeLists.txt).
// NOLINTNEXTLINE
extern "C" __attribute__((no_sanitize("coverage"))) void __wrap___sanitizer_cov_trace_pc() {}

// libFuzzer looks for functions of these names.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  if (*count == 2 && std::string_view((*arguments)[1]) == "--list") {
    for (const Target& target : percpu_scope::fuzz::all_targets())
      std::printf("%s\n", std::string(target.name).c_str());
    std::exit(0);
  }
  const Target& target = chosen();
  const std::string folder(variable("PERCPU_SCOPE_FUZZ_SEEDS"));
  if (folder.empty()) return 0;
  int number = 0;
  for (const auto& seed : target.seeds()) {
    std::ofstream file(folder + "/seed" + std::to_string(number++), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()),
               static_cast<std::streamsize>(seed.size()));
  }
  return 0;
}

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen().run(std::as_bytes(std::span(data, size)));
  return 0;
}
