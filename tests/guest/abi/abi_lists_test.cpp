// SPDX-License-Identifier: GPL-2.0-only
//
// AbiLists: requests that fill an array of the caller's: lengths, flags,
// padding, pointers.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "abi/raw_device.hpp"

namespace percpu_scope::guest {
namespace {

class AbiLists : public RawDeviceTest {
 public:
  // A list request with every way to ask for it wrongly. `array` is its member
  // for the address.
  template <typename Element, typename Request>
  void check(unsigned long command, const Request& fresh, __u64 Request::*array,
             std::uint32_t expected) const {
    ASSERT_GT(expected, 0U);
    fits_exactly<Element>(command, fresh, array, expected);
    is_too_short<Element>(command, fresh, array, expected);
    bad_pointers<Element>(command, fresh, array, expected);
  }

  template <typename Element, typename Request>
  void fits_exactly(unsigned long command, Request request, __u64 Request::*array,
                    std::uint32_t expected) const {
    Canary<Element> exact(expected);
    request.count = expected;
    request.*array = exact.address();
    EXPECT_EQ(device.call(command, &request), Errno{});
    EXPECT_EQ(request.count, expected);

    Canary<Element> larger(expected + 3);
    request.count = expected + 3;
    request.*array = larger.address();
    EXPECT_EQ(device.call(command, &request), Errno{});
    EXPECT_EQ(request.count, expected);
    EXPECT_TRUE(larger.untouched_from(expected)) << "wrote more than there is";
    EXPECT_EQ(std::memcmp(exact.elements(), larger.elements(), expected * sizeof(Element)), 0);
  }

  template <typename Element, typename Request>
  void is_too_short(unsigned long command, const Request& fresh, __u64 Request::*array,
                    std::uint32_t expected) const {
    for (std::uint32_t room = 0; room < expected; ++room) {
      Canary<Element> buffer(expected);
      Request request = fresh;
      request.count = room;
      request.*array = room == 0 ? 0 : buffer.address();
      Request told = request;
      EXPECT_EQ(device.call(command, &told), Errno{ENOSPC}) << "room for " << room;
      EXPECT_TRUE(buffer.untouched_from(0)) << "room for " << room;
      request.count = expected;
      EXPECT_EQ(std::memcmp(&told, &request, sizeof(request)), 0)
          << "the needed length is written back and nothing else";
    }
  }

  template <typename Element, typename Request>
  void bad_pointers(unsigned long command, const Request& fresh, __u64 Request::*array,
                    std::uint32_t expected) const {
    EXPECT_EQ(device.call_at(command, 0), Errno{EFAULT});

    Request request = fresh;
    request.count = expected;
    request.*array = 0;
    EXPECT_EQ(device.call(command, &request), Errno{EFAULT});

    GuardedPage page;
    request = fresh;
    request.count = expected;
    const std::vector<unsigned char> zeros(sizeof(Element));
    request.*array = address_of(static_cast<unsigned char*>(page.put(zeros.data(), zeros.size())));
    page.make_read_only();
    EXPECT_EQ(device.call(command, &request), Errno{EFAULT});

    // A request whose end cannot be read.
    GuardedPage short_page;
    auto* const end = static_cast<unsigned char*>(short_page.put(&request, 8));
    EXPECT_EQ(device.call_at(command, address_of(end)), Errno{EFAULT});

    // A request that the answer cannot be written to.
    Canary<Element> buffer(expected);
    GuardedPage constant;
    request = fresh;
    request.count = expected;
    request.*array = buffer.address();
    Request* const fixed = constant.put_at_end(request);
    constant.make_read_only();
    EXPECT_EQ(device.call(command, fixed), Errno{EFAULT});
  }

  // Every flag but `known` is refused, whatever else is asked.
  template <typename Request>
  void unknown_flags(unsigned long command, const Request& good, std::uint32_t known) const {
    for (unsigned bit = 0; bit < 32; ++bit) {
      if ((known >> bit & 1U) != 0) continue;
      Request request = good;
      request.flags |= std::uint32_t{1} << bit;
      EXPECT_EQ(device.call(command, &request), Errno{EINVAL}) << "bit " << bit;
    }
  }

  template <typename Request>
  void reserved(unsigned long command, const Request& good) const {
    for (unsigned bit = 0; bit < 32; ++bit) {
      Request request = good;
      request.reserved = std::uint32_t{1} << bit;
      EXPECT_EQ(device.call(command, &request), Errno{EINVAL}) << "bit " << bit;
    }
  }
};

TEST_F(AbiLists, Info) {
  EXPECT_EQ(device.call_at(PERCPU_SCOPE_GET_INFO, 0), Errno{EFAULT});
  GuardedPage page;
  percpu_scope_info* const info = page.put_at_end(percpu_scope_info{});
  EXPECT_EQ(device.call(PERCPU_SCOPE_GET_INFO, info), Errno{});
  page.make_read_only();
  EXPECT_EQ(device.call(PERCPU_SCOPE_GET_INFO, info), Errno{EFAULT});
}

TEST_F(AbiLists, Cpus) {
  check<percpu_scope_cpu>(PERCPU_SCOPE_GET_CPUS, percpu_scope_cpus{}, &percpu_scope_cpus::cpus,
                          info().possible_cpus);
  std::vector<percpu_scope_cpu> list(info().possible_cpus);
  percpu_scope_cpus good{};
  good.count = static_cast<std::uint32_t>(list.size());
  good.cpus = address_of(list.data());
  unknown_flags(PERCPU_SCOPE_GET_CPUS, good, PERCPU_SCOPE_RAW);
  ASSERT_EQ(device.call(PERCPU_SCOPE_GET_CPUS, &good), Errno{});
  for (const percpu_scope_cpu& cpu : list) {
    EXPECT_EQ(cpu.reserved, 0U);
    EXPECT_EQ(cpu.flags & ~PERCPU_SCOPE_CPU_ONLINE, 0U);
  }
}

TEST_F(AbiLists, Counters) {
  check<percpu_scope_counter>(PERCPU_SCOPE_LIST_COUNTERS, percpu_scope_counters{},
                              &percpu_scope_counters::counters, info().counters);
  std::vector<percpu_scope_counter> list(info().counters);
  percpu_scope_counters good{};
  good.count = static_cast<std::uint32_t>(list.size());
  good.counters = address_of(list.data());
  unknown_flags(PERCPU_SCOPE_LIST_COUNTERS, good, PERCPU_SCOPE_RAW);
}

// What a list that may change under the request keeps to all the same.
TEST_F(AbiLists, CountersThatComeAndGo) {
  const std::uint32_t before = info().counters;
  std::atomic<bool> done = false;
  std::thread coming_and_going([&] {
    const RawDevice other;
    while (!done) {
      std::array<percpu_scope_counter_ref, 3> made{};
      for (std::size_t i = 0; i < made.size(); ++i) {
        percpu_scope_create create = create_request("abi-comes-" + std::to_string(i));
        EXPECT_EQ(other.call(PERCPU_SCOPE_CREATE, &create), Errno{});
        made[i].counter = create.id;
      }
      for (percpu_scope_counter_ref& counter : made)
        EXPECT_EQ(other.call(PERCPU_SCOPE_DESTROY, &counter), Errno{});
    }
  });
  int listed = 0;
  int too_short = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while ((listed < 200 || too_short < 200) && std::chrono::steady_clock::now() < end) {
    const std::uint32_t room = before + 1;
    Canary<percpu_scope_counter> buffer(room + 3);
    percpu_scope_counters request{};
    request.count = room;
    request.counters = buffer.address();
    const Errno answer = device.call(PERCPU_SCOPE_LIST_COUNTERS, &request);
    EXPECT_TRUE(buffer.untouched_from(room)) << "wrote more than there was room for";
    if (answer == Errno{}) {
      ++listed;
      EXPECT_LE(request.count, room);
      EXPECT_TRUE(buffer.untouched_from(request.count)) << "wrote more than it says";
    } else {
      ++too_short;
      EXPECT_EQ(answer, Errno{ENOSPC});
      EXPECT_GT(request.count, room) << "the same room would do";
    }
  }
  done = true;
  coming_and_going.join();
  EXPECT_GE(listed, 200) << "INCONCLUSIVE: they hardly ever went";
  EXPECT_GE(too_short, 200) << "INCONCLUSIVE: they hardly ever came";
}

TEST_F(AbiLists, Idioms) {
  check<percpu_scope_idiom>(PERCPU_SCOPE_LIST_IDIOMS, percpu_scope_idioms{},
                            &percpu_scope_idioms::idioms, info().idioms);
  std::vector<percpu_scope_idiom> list(info().idioms);
  percpu_scope_idioms good{};
  good.count = static_cast<std::uint32_t>(list.size());
  good.idioms = address_of(list.data());
  reserved(PERCPU_SCOPE_LIST_IDIOMS, good);
}

TEST_F(AbiLists, Copies) {
  percpu_scope_copies fresh{};
  fresh.counter = counter("plain");
  check<percpu_scope_copy>(PERCPU_SCOPE_GET_COPIES, fresh, &percpu_scope_copies::copies,
                           info().possible_cpus);
  std::vector<percpu_scope_copy> list(info().possible_cpus);
  percpu_scope_copies good = fresh;
  good.count = static_cast<std::uint32_t>(list.size());
  good.copies = address_of(list.data());
  unknown_flags(PERCPU_SCOPE_GET_COPIES, good, PERCPU_SCOPE_RAW);
  reserved(PERCPU_SCOPE_GET_COPIES, good);
  for (const std::uint32_t id : {UINT32_MAX, std::uint32_t{0x7fffffff}}) {
    percpu_scope_copies request = good;
    request.counter = id;
    EXPECT_EQ(device.call(PERCPU_SCOPE_GET_COPIES, &request), Errno{ENOENT});
  }
}

TEST_F(AbiLists, CopiesOfStorageThatHasNone) {
  percpu_scope_copies request{};
  request.counter = counter("atomic64");
  request.count = 7;
  EXPECT_EQ(device.call(PERCPU_SCOPE_GET_COPIES, &request), Errno{});
  EXPECT_EQ(request.count, 0U);
}

}  // namespace
}  // namespace percpu_scope::guest
