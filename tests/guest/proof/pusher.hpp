// SPDX-License-Identifier: GPL-2.0-only
//
// Somebody who sends the threads of this process from CPU to CPU while they are at work:
// what an idle scheduler does seldom, and a busy one whenever it likes.
#pragma once

#include <cstdint>
#include <stop_token>
#include <thread>
#include <vector>

namespace percpu_scope::guest {

// For as long as it lives. Threads that pin themselves are none of its business: they would
// be pinned elsewhere.
class Pusher {
 public:
  explicit Pusher(std::vector<std::uint32_t> cpus);

 private:
  void push(const std::stop_token& stop) const;

  std::vector<std::uint32_t> cpus_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace percpu_scope::guest
