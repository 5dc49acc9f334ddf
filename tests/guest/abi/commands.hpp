// SPDX-License-Identifier: GPL-2.0-only
//
// Every command of the ABI with a request that it accepts, so that what holds of all of
// them is tested of all of them. What each one does is tested elsewhere.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "abi/raw_device.hpp"

namespace percpu_scope::guest {

struct Command {
  const char* name;
  unsigned long number;
  std::size_t size;        // of its request, in the first version that has a size
  bool needs_writing;      // a descriptor open for writing; else one open for reading
  bool answers;            // always writes the request back
  std::uint64_t features;  // of the kernel, without which it cannot succeed
};

extern const std::array<Command, 17> all_commands;

// Bytes of a request, larger or smaller than its struct if need be.
using Bytes = std::vector<unsigned char>;

template <typename Request>
Bytes bytes_of(const Request& request) {
  Bytes bytes(sizeof(request));
  std::memcpy(bytes.data(), &request, sizeof(request));
  return bytes;
}

class CommandTest : public RawDeviceTest {
 public:
  // Takes back what requests have made.
  void TearDown() override;

  // Those that can succeed on this kernel.
  [[nodiscard]] std::vector<Command> commands() const;
  // A request of this command that succeeds, once; its arrays live as long as the test.
  [[nodiscard]] Bytes good(const Command& command);
  // What it had done, if anything, undone: the next good() succeeds again. By the descriptor
  // that it was done by, which alone can stop counting.
  void undo(const Command& command) { undo(command, device); }
  void undo(const Command& command, const RawDevice& by);

  // The first member of all requests.
  static void set_size(Bytes& request, std::uint32_t size) {
    std::memcpy(request.data(), &size, sizeof(size));
  }

 private:
  [[nodiscard]] Bytes good_snapshot();
  [[nodiscard]] Bytes good_list();

  // Made once, for all commands that need one.
  std::uint32_t own_ = 0;
  std::uint32_t snapshot_id_ = 0;
  std::vector<std::uint64_t> room_ = std::vector<std::uint64_t>(65536);
};

}  // namespace percpu_scope::guest
