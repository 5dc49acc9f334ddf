// SPDX-License-Identifier: GPL-2.0-only
//
// The device, where there is none.
#include "percpu_scope/device.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <type_traits>
#include <utility>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

// Counters and probes keep its address.
static_assert(!std::is_move_constructible_v<Device> && !std::is_move_assignable_v<Device>);
static_assert(!std::is_copy_constructible_v<Device> && !std::is_copy_assignable_v<Device>);

std::pair<Operation, int> failure_of(const std::string& path) {
  try {
    const Device device(Access::read_only, path);
  } catch (const Error& error) {
    return {error.operation(), error.error_number()};
  }
  return {};
}

TEST(Device, NeedsAFile) {
  EXPECT_EQ(failure_of("/nonexistent"), std::pair(Operation::open_device, ENOENT));
}

// Nothing is done with what does not say which ABI it speaks.
TEST(Device, AsksWhatItHasOpened) {
  EXPECT_EQ(failure_of("/dev/null"), std::pair(Operation::get_info, ENOTTY));
}

}  // namespace
}  // namespace percpu_scope
