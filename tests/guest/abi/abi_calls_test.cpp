// SPDX-License-Identifier: GPL-2.0-only
//
// AbiCountCalls: names, numbers and kinds of the two requests about calls of kernel
// functions. What is counted is tested by CountCalls.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "abi/raw_device.hpp"
#include "support/kernel_functions.hpp"

namespace percpu_scope::guest {
namespace {

class AbiCountCalls : public RawDeviceTest {
 public:
  void SetUp() override {
    if (!has(PERCPU_SCOPE_FEATURE_KPROBES)) GTEST_SKIP() << "this kernel has no kprobes";
    made = make("abi-calls");
  }
  void TearDown() override {
    if (made != 0) {
      EXPECT_EQ(destroy(made), Errno{});
    }
  }

  [[nodiscard]] static percpu_scope_count_calls request_for(std::uint32_t counter,
                                                            const std::string& function) {
    auto request = fresh<percpu_scope_count_calls>();
    request.counter = counter;
    std::memcpy(&request.function[0], function.data(),
                std::min(function.size(), sizeof(request.function)));
    return request;
  }
  [[nodiscard]] Errno start(percpu_scope_count_calls request) const {
    return device.call(PERCPU_SCOPE_COUNT_CALLS, &request);
  }
  [[nodiscard]] Errno stop(std::uint32_t counter) const {
    auto request = fresh<percpu_scope_stop_calls>();
    request.counter = counter;
    return device.call(PERCPU_SCOPE_STOP_CALLS, &request);
  }

  std::uint32_t made = 0;
};

TEST_F(AbiCountCalls, Names) {
  EXPECT_EQ(start(request_for(made, "")), Errno{EINVAL}) << "an empty name";
  const std::string longest(PERCPU_SCOPE_FUNCTION_SIZE - 1, 'f');
  EXPECT_EQ(start(request_for(made, longest + 'f')), Errno{ENAMETOOLONG}) << "without NUL";
  EXPECT_EQ(start(request_for(made, longest)), Errno{ENOENT}) << "the longest";
  for (const std::size_t where : {std::size_t{9}, std::size_t{PERCPU_SCOPE_FUNCTION_SIZE - 1}}) {
    percpu_scope_count_calls request = request_for(made, "vfs_read");
    request.function[where] = 'x';
    EXPECT_EQ(start(request), Errno{EINVAL}) << "behind the name, byte " << where;
  }
  EXPECT_EQ(start(request_for(UINT32_MAX, entry_of_getsid())), Errno{ENOENT}) << "no counter";
  EXPECT_EQ(stop(made), Errno{ENOENT}) << "a refused request counts";
}

TEST_F(AbiCountCalls, AnswersOverwriteWhatWasThere) {
  percpu_scope_count_calls request = request_for(made, entry_of_getsid());
  ASSERT_EQ(start(request), Errno{});
  auto ending = fresh<percpu_scope_stop_calls>();
  ending.counter = made;
  ending.missed = UINT64_MAX;
  ASSERT_EQ(device.call(PERCPU_SCOPE_STOP_CALLS, &ending), Errno{});
  EXPECT_EQ(ending.missed, 0U);
}

TEST_F(AbiCountCalls, WhatCannotBeAnsweredDoesNotCount) {
  GuardedPage constant;
  percpu_scope_count_calls* const fixed = constant.put_at_end(request_for(made, entry_of_getsid()));
  constant.make_read_only();
  EXPECT_EQ(device.call(PERCPU_SCOPE_COUNT_CALLS, fixed), Errno{EFAULT});
  EXPECT_EQ(stop(made), Errno{ENOENT}) << "it counts all the same";
  EXPECT_EQ(reset(made), Errno{}) << "a probe is left";
}

TEST_F(AbiCountCalls, KindsThatCountCallsSaySo) {
  std::size_t tried = 0;
  for (const percpu_scope_kind& kind : kinds()) {
    for (const percpu_scope_counter& one : counters()) {
      if (one.kind != kind.kind || one.origin != PERCPU_SCOPE_ORIGIN_STATIC) continue;
      SCOPED_TRACE(text_in(one.name));
      ASSERT_EQ(reset(one.counter), Errno{});
      const bool counts = (kind.flags & PERCPU_SCOPE_KIND_COUNTS_CALLS) != 0;
      EXPECT_EQ(start(request_for(one.counter, entry_of_getsid())), Errno{counts ? 0 : EOPNOTSUPP});
      if (counts) {
        EXPECT_EQ(stop(one.counter), Errno{});
      }
      EXPECT_EQ(reset(one.counter), Errno{}) << "a probe is left";
      ++tried;
      break;
    }
  }
  EXPECT_EQ(tried, kinds().size()) << "a kind without a static counter";
}

}  // namespace
}  // namespace percpu_scope::guest
