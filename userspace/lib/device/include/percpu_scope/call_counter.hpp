// SPDX-License-Identifier: GPL-2.0-only
//
// Counting the calls of a kernel function, from construction to stop(), in a
// dynamic counter of its own. Nothing is left behind, whatever happens. Source:
// register_kprobe() in kernel/kprobes.c, which refuses what is marked NOKPROBE_SYMBOL
// and misses what is called while another probe runs on the CPU (nmissed).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "percpu_scope/device.hpp"

namespace percpu_scope {

// A dynamic counter that goes with its owner: a temporary one, so that it goes with a process
// that is killed, too.
class OwnedCounter {
 public:
  OwnedCounter(const Device& device, Create request);
  OwnedCounter(const OwnedCounter&) = delete;
  OwnedCounter& operator=(const OwnedCounter&) = delete;
  OwnedCounter(OwnedCounter&& other) noexcept;
  OwnedCounter& operator=(OwnedCounter&&) = delete;
  // Somebody else may have destroyed it: no error here.
  ~OwnedCounter();

  [[nodiscard]] CounterId id() const { return id_; }
  // As the module describes it.
  [[nodiscard]] Counter describe() const;

 private:
  const Device* device_;  // not ours; null once moved from
  CounterId id_;
};

class CallCounter {
 public:
  // `name` is the counter's; Error of creating it or of count_calls.
  CallCounter(const Device& device, const std::string& name, std::string_view function);
  CallCounter(const CallCounter&) = delete;
  CallCounter& operator=(const CallCounter&) = delete;
  CallCounter(CallCounter&&) = delete;
  CallCounter& operator=(CallCounter&&) = delete;
  ~CallCounter();

  [[nodiscard]] CounterId id() const { return counter_.id(); }
  [[nodiscard]] Counter describe() const { return counter_.describe(); }
  // Stops counting; the counter stays readable. How many calls were missed:
  // those made while a probe was at work on the same CPU.
  std::uint64_t stop();

 private:
  const Device* device_;
  OwnedCounter counter_;
  bool counting_ = false;
};

}  // namespace percpu_scope
