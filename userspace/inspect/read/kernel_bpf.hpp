// SPDX-License-Identifier: GPL-2.0-only
//
// What both ways of reading need of bpf(2): why it refused, in words; memory that
// is shared with a map; running a program. Knows no variables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "inspect/kernel/mapping.hpp"

namespace percpu_scope::inspect {

// Keeps libbpf from printing, and what it would have printed. For this thread,
// while it lives; one at a time.
class LibbpfLog {
 public:
  LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;
  ~LibbpfLog();

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Throws the InspectError that a refused load or map means. `error`: an errno;
// `log`: what libbpf or the verifier said.
[[noreturn]] void throw_refused(int error, std::string_view doing, std::string_view log);

// A map's values, as this process sees them.
class MappedMap {
 public:
  MappedMap() = default;
  MappedMap(int map, std::size_t size, bool writable);

  [[nodiscard]] std::byte* data() const { return memory_.get(); }

 private:
  Mapping memory_;
};

// A syscall program, once: what it returned. `context`: its argument.
std::uint32_t run_program(int program, std::span<const std::byte> context);

}  // namespace percpu_scope::inspect
