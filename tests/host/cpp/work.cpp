// SPDX-License-Identifier: GPL-2.0-only
#include "work.hpp"

#include <algorithm>
#include <cstddef>

#ifdef __clang__
#define UNCOUNTED __attribute__((no_sanitize("coverage")))
#else
#define UNCOUNTED __attribute__((no_sanitize_coverage))
#endif

namespace {

thread_local std::uint64_t blocks = 0;
thread_local std::int64_t held = 0;
thread_local std::int64_t most_held = 0;

}  // namespace

extern "C" {
// The compiler calls it, at the beginning of each basic block.
// NOLINTNEXTLINE
UNCOUNTED void __sanitizer_cov_trace_pc() { ++blocks; }

// Of AddressSanitizer, where it is linked.
// NOLINTBEGIN
__attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*,
                                                                             std::size_t),
                                                                    void (*)(const volatile void*));
__attribute__((weak)) std::size_t __sanitizer_get_allocated_size(const volatile void*);
// NOLINTEND
}

namespace percpu_scope {
namespace {

UNCOUNTED void note_malloc(const volatile void* /*memory*/, std::size_t size) {
  held += static_cast<std::int64_t>(size);
  most_held = std::max(most_held, held);
}

UNCOUNTED void note_free(const volatile void* memory) {
  if (memory != nullptr) held -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(memory));
}

bool has_hooks() {
  static const bool installed =
      __sanitizer_install_malloc_and_free_hooks != nullptr &&
      __sanitizer_get_allocated_size != nullptr &&
      __sanitizer_install_malloc_and_free_hooks(note_malloc, note_free) > 0;
  return installed;
}

}  // namespace

Work work_of(const std::function<void()>& body) {
  const bool hooked = has_hooks();
  held = most_held = 0;
  const std::uint64_t before = blocks;
  body();
  Work work{.blocks = blocks - before, .bytes = {}};
  if (hooked) work.bytes = static_cast<std::uint64_t>(most_held);
  return work;
}

}  // namespace percpu_scope
