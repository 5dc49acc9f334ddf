// SPDX-License-Identifier: GPL-2.0-only
//
// AbiCountCalls: names, flags, padding and pointers of the two requests about calls of
// kernel functions.
#include <gtest/gtest.h>

#include "abi/raw_device.hpp"

namespace percpu_scope::guest {
namespace {

using AbiCountCalls = RawDeviceTest;

TEST_F(AbiCountCalls, NamesAndPadding) {
  percpu_scope_create create = create_request("abi-calls");
  ASSERT_EQ(device.call(PERCPU_SCOPE_CREATE, &create), Errno{});
  percpu_scope_count_calls good{};
  good.counter = create.id;

  percpu_scope_count_calls request = good;
  EXPECT_EQ(device.call(PERCPU_SCOPE_COUNT_CALLS, &request), Errno{EINVAL}) << "an empty name";
  for (char& letter : request.function) letter = 'f';
  EXPECT_EQ(device.call(PERCPU_SCOPE_COUNT_CALLS, &request), Errno{ENAMETOOLONG});
  request.function[sizeof(request.function) - 1] = '\0';
  EXPECT_EQ(device.call(PERCPU_SCOPE_COUNT_CALLS, &request), Errno{ENOENT}) << "the longest name";
  percpu_scope_stop_calls stop{};
  stop.counter = create.id;
  EXPECT_EQ(device.call(PERCPU_SCOPE_STOP_CALLS, &stop), Errno{ENOENT});
  for (unsigned bit = 0; bit < 32; ++bit) {
    request = good;
    request.reserved = std::uint32_t{1} << bit;
    request.function[0] = 'f';
    EXPECT_EQ(device.call(PERCPU_SCOPE_COUNT_CALLS, &request), Errno{EINVAL}) << "bit " << bit;
    stop.reserved = std::uint32_t{1} << bit;
    EXPECT_EQ(device.call(PERCPU_SCOPE_STOP_CALLS, &stop), Errno{EINVAL}) << "bit " << bit;
  }
  EXPECT_EQ(device.call_at(PERCPU_SCOPE_COUNT_CALLS, 0), Errno{EFAULT});
  EXPECT_EQ(device.call_at(PERCPU_SCOPE_STOP_CALLS, 0), Errno{EFAULT});
  percpu_scope_counter_ref which{};
  which.counter = create.id;
  EXPECT_EQ(device.call(PERCPU_SCOPE_DESTROY, &which), Errno{});
}

}  // namespace
}  // namespace percpu_scope::guest
