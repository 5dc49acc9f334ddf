// SPDX-License-Identifier: GPL-2.0-only
//
// The fixture of the AbiRequests suite: bits that nobody knows.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>

#include "abi/raw_device.hpp"

namespace percpu_scope::guest {

class AbiRequests : public RawDeviceTest {
 public:
  // Each bit of a member that is not known is refused by itself, and nothing written back.
  template <typename Request, typename Member>
  void unknown_bits(unsigned long command, const Request& good, Member Request::*member,
                    std::uint64_t known, const char* name) const {
    for (unsigned bit = 0; bit < std::numeric_limits<Member>::digits; ++bit) {
      if ((known >> bit & 1) != 0) continue;
      Request request = good;
      request.*member = static_cast<Member>(Member{1} << bit);
      Request told = request;
      EXPECT_EQ(device.call(command, &told), Errno{EINVAL}) << name << " bit " << bit;
      EXPECT_EQ(std::memcmp(&told, &request, sizeof(request)), 0)
          << name << " bit " << bit << ": refused, and written back";
    }
  }
};

}  // namespace percpu_scope::guest
