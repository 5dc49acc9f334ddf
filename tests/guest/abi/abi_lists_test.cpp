// SPDX-License-Identifier: GPL-2.0-only
//
// AbiLists: requests that fill an array of the caller's: how many elements and how much of
// each, flags, padding, pointers.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "abi/raw_device.hpp"

namespace percpu_scope::guest {
namespace {

struct List {
  const char* name;
  unsigned long command;
  std::size_t element;  // bytes
  std::uint32_t flags;  // that it knows
};

constexpr std::array<List, 8> lists{{
    {"cpus", PERCPU_SCOPE_LIST_CPUS, sizeof(percpu_scope_cpu), PERCPU_SCOPE_RAW},
    {"contexts", PERCPU_SCOPE_LIST_CONTEXTS, sizeof(percpu_scope_context_name), 0},
    {"variants", PERCPU_SCOPE_LIST_VARIANTS, sizeof(percpu_scope_variant), 0},
    {"kinds", PERCPU_SCOPE_LIST_KINDS, sizeof(percpu_scope_kind), 0},
    {"fields", PERCPU_SCOPE_LIST_FIELDS, sizeof(percpu_scope_field), 0},
    {"idioms", PERCPU_SCOPE_LIST_IDIOMS, sizeof(percpu_scope_idiom), 0},
    {"counters", PERCPU_SCOPE_LIST_COUNTERS, sizeof(percpu_scope_counter), PERCPU_SCOPE_RAW},
    {"copies", PERCPU_SCOPE_LIST_COPIES, sizeof(percpu_scope_copy), PERCPU_SCOPE_RAW},
}};

class AbiLists : public RawDeviceTest {
 public:
  // Whose copies; the other lists are of nothing.
  [[nodiscard]] std::uint32_t owner_of(const List& list) const {
    return list.command == PERCPU_SCOPE_LIST_COPIES ? plain_ : 0;
  }
  [[nodiscard]] percpu_scope_list request_for(const List& list, std::uint32_t count,
                                              std::uint64_t elements) const {
    auto request = fresh<percpu_scope_list>();
    request.of = owner_of(list);
    request.element_size = static_cast<std::uint32_t>(list.element);
    request.count = count;
    request.elements = elements;
    return request;
  }
  [[nodiscard]] std::uint32_t length(const List& list) const {
    return length_of(list.command, owner_of(list));
  }
  // All elements of a list, each as long as its struct.
  [[nodiscard]] std::vector<unsigned char> whole(const List& list) const {
    const std::uint32_t count = length(list);
    std::vector<unsigned char> bytes(count * list.element);
    percpu_scope_list request = request_for(list, count, address_of(bytes.data()));
    EXPECT_EQ(device.call(list.command, &request), Errno{}) << list.name;
    return bytes;
  }

 private:
  const std::uint32_t plain_ = counter("plain");
};

TEST_F(AbiLists, RoomThatFits) {
  for (const List& list : lists) {
    SCOPED_TRACE(list.name);
    const std::uint32_t there = length(list);
    ASSERT_GT(there, 0U);
    const std::vector<unsigned char> expected = whole(list);
    for (const std::uint32_t room : {there, there + 1, there + 7}) {
      const Canary buffer(room * list.element);
      percpu_scope_list request = request_for(list, room, buffer.address());
      percpu_scope_list told = request;
      EXPECT_EQ(device.call(list.command, &told), Errno{});
      request.count = there;
      EXPECT_EQ(std::memcmp(&told, &request, sizeof(request)), 0) << "more than the count is told";
      EXPECT_EQ(std::memcmp(buffer.data(), expected.data(), expected.size()), 0);
      EXPECT_TRUE(buffer.untouched_from(expected.size())) << "wrote more than there is";
    }
  }
}

TEST_F(AbiLists, RoomThatIsTooShort) {
  for (const List& list : lists) {
    SCOPED_TRACE(list.name);
    const std::uint32_t there = length(list);
    for (std::uint32_t room = 0; room < there; ++room) {
      const Canary buffer(there * list.element);
      percpu_scope_list request = request_for(list, room, room == 0 ? 0 : buffer.address());
      percpu_scope_list told = request;
      EXPECT_EQ(device.call(list.command, &told), Errno{ENOSPC}) << "room for " << room;
      EXPECT_TRUE(buffer.untouched_from(0)) << "room for " << room;
      request.count = there;
      EXPECT_EQ(std::memcmp(&told, &request, sizeof(request)), 0)
          << "the needed length is written back and nothing else";
    }
  }
}

// An older program knows less of an element, down to the number that each begins with.
TEST_F(AbiLists, ElementsAreCutOffForWhoKnowsLess) {
  for (const List& list : lists) {
    SCOPED_TRACE(list.name);
    const std::uint32_t there = length(list);
    const std::vector<unsigned char> expected = whole(list);
    for (const std::size_t size :
         {std::size_t{4}, std::size_t{5}, std::size_t{8}, list.element - 8, list.element - 1}) {
      const Canary buffer(there * list.element);
      percpu_scope_list request = request_for(list, there, buffer.address());
      request.element_size = static_cast<std::uint32_t>(size);
      EXPECT_EQ(device.call(list.command, &request), Errno{}) << size;
      EXPECT_EQ(request.count, there);
      EXPECT_EQ(request.element_size, size) << "it is the caller's";
      for (std::uint32_t i = 0; i < there; ++i)
        EXPECT_EQ(std::memcmp(buffer.data() + i * size, expected.data() + i * list.element, size),
                  0)
            << "element " << i << " of " << size << " bytes";
      EXPECT_TRUE(buffer.untouched_from(there * size)) << size;
    }
  }
}

// A newer one more: what this module has not is zero, whatever was there.
TEST_F(AbiLists, ElementsAreFilledForWhoKnowsMore) {
  for (const List& list : lists) {
    SCOPED_TRACE(list.name);
    const std::uint32_t there = length(list);
    const std::vector<unsigned char> expected = whole(list);
    for (const std::size_t size :
         {list.element + 1, list.element + 8, 2 * list.element, std::size_t{65536}}) {
      const std::size_t more = size - list.element;
      const Canary buffer(there * size + 16);
      percpu_scope_list request = request_for(list, there, buffer.address());
      request.element_size = static_cast<std::uint32_t>(size);
      EXPECT_EQ(device.call(list.command, &request), Errno{}) << size;
      const std::vector<unsigned char> zeros(more);
      for (std::uint32_t i = 0; i < there; ++i) {
        const unsigned char* const element = buffer.data() + i * size;
        EXPECT_EQ(std::memcmp(element, expected.data() + i * list.element, list.element), 0) << i;
        EXPECT_EQ(std::memcmp(element + list.element, zeros.data(), more), 0) << i;
      }
      EXPECT_TRUE(buffer.untouched_from(there * size)) << size;
    }
  }
}

// Without room for the number, or longer than any element will be.
TEST_F(AbiLists, ElementsOfNoLengthAtAllAreRefused) {
  for (const List& list : lists) {
    const std::uint32_t there = length(list);
    for (const std::uint32_t size : {0U, 1U, 2U, 3U, 65537U, 0x80000000U, UINT32_MAX}) {
      const Canary buffer(there * list.element);
      percpu_scope_list request = request_for(list, there, buffer.address());
      request.element_size = size;
      EXPECT_EQ(device.call(list.command, &request), Errno{EINVAL}) << list.name << ", " << size;
      EXPECT_TRUE(buffer.untouched_from(0)) << list.name << ", " << size;
    }
  }
}

// However much room is said to be, no more is taken.
TEST_F(AbiLists, RoomForAnyNumber) {
  for (const List& list : lists) {
    const std::vector<unsigned char> expected = whole(list);
    const Canary buffer(expected.size());
    percpu_scope_list request = request_for(list, UINT32_MAX, buffer.address());
    EXPECT_EQ(device.call(list.command, &request), Errno{}) << list.name;
    EXPECT_EQ(request.count, length(list)) << list.name;
    EXPECT_EQ(std::memcmp(buffer.data(), expected.data(), expected.size()), 0) << list.name;
  }
}

TEST_F(AbiLists, FlagsAndPadding) {
  for (const List& list : lists) {
    SCOPED_TRACE(list.name);
    const std::uint32_t there = length(list);
    const Canary buffer(there * list.element);
    const percpu_scope_list good = request_for(list, there, buffer.address());
    for (unsigned bit = 0; bit < 32; ++bit) {
      const std::uint32_t mask = std::uint32_t{1} << bit;
      percpu_scope_list request = good;
      request.flags = mask;
      if ((list.flags & mask) == 0) {
        EXPECT_EQ(device.call(list.command, &request), Errno{EINVAL}) << "flag " << bit;
      }
      request = good;
      request.reserved = mask;
      EXPECT_EQ(device.call(list.command, &request), Errno{EINVAL}) << "reserved bit " << bit;
      request = good;
      request.of = mask;
      // A list of nothing is of nobody.
      if (list.command != PERCPU_SCOPE_LIST_COPIES) {
        EXPECT_EQ(device.call(list.command, &request), Errno{EINVAL}) << "of " << mask;
      }
    }
    EXPECT_TRUE(buffer.untouched_from(0)) << "a refused request has an answer";
    percpu_scope_list request = good;
    request.flags = list.flags;
    EXPECT_EQ(device.call(list.command, &request), Errno{}) << "the flags that it knows";
  }
}

TEST_F(AbiLists, ArraysThatCannotBeWritten) {
  for (const List& list : lists) {
    SCOPED_TRACE(list.name);
    const std::uint32_t there = length(list);
    percpu_scope_list request = request_for(list, there, 0);
    EXPECT_EQ(device.call(list.command, &request), Errno{EFAULT}) << "nowhere";

    const std::vector<unsigned char> zeros(list.element);
    GuardedPage constant;
    request.elements =
        address_of(static_cast<unsigned char*>(constant.put(zeros.data(), zeros.size())));
    constant.make_read_only();
    EXPECT_EQ(device.call(list.command, &request), Errno{EFAULT}) << "read-only";

    // All but its last byte lies in memory, as much as a page has.
    const std::size_t bytes = std::min<std::size_t>(there * list.element - 1, 4096);
    const std::vector<unsigned char> most(bytes);
    GuardedPage page;
    request.elements = address_of(static_cast<unsigned char*>(page.put(most.data(), most.size())));
    EXPECT_EQ(device.call(list.command, &request), Errno{EFAULT}) << "a byte short";
  }
}

TEST_F(AbiLists, CpusAreThePossibleOnes) {
  std::uint32_t online = 0;
  std::uint32_t last = 0;
  for (const percpu_scope_cpu& cpu : list<percpu_scope_cpu>(PERCPU_SCOPE_LIST_CPUS)) {
    EXPECT_EQ(cpu.reserved, 0U);
    EXPECT_EQ(cpu.flags & ~PERCPU_SCOPE_CPU_ONLINE, 0U);
    EXPECT_TRUE(cpu.cpu == 0 || cpu.cpu > last) << "in order, each once";
    last = cpu.cpu;
    online += cpu.flags & PERCPU_SCOPE_CPU_ONLINE;
  }
  EXPECT_EQ(online, info().online_cpus);
}

// What a list that may change under the request keeps to all the same.
TEST_F(AbiLists, CountersThatComeAndGo) {
  const std::uint32_t before = info().counters;
  std::atomic<bool> done = false;
  std::thread coming_and_going([&] {
    const RawDevice other;
    percpu_scope_create create = create_request("abi-comes");
    while (!done) {
      std::array<percpu_scope_destroy, 3> made{};
      for (std::size_t i = 0; i < made.size(); ++i) {
        create.name[9] = static_cast<char>('0' + i);
        EXPECT_EQ(other.call(PERCPU_SCOPE_CREATE, &create), Errno{});
        made[i] = fresh<percpu_scope_destroy>();
        made[i].counter = create.counter;
      }
      for (percpu_scope_destroy& counter : made)
        EXPECT_EQ(other.call(PERCPU_SCOPE_DESTROY, &counter), Errno{});
    }
  });
  constexpr std::size_t element = sizeof(percpu_scope_counter);
  int listed = 0;
  int too_short = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while ((listed < 200 || too_short < 200) && std::chrono::steady_clock::now() < end) {
    const std::uint32_t room = before + 1;
    const Canary buffer((room + 3) * element);
    auto request = fresh<percpu_scope_list>();
    request.element_size = element;
    request.count = room;
    request.elements = buffer.address();
    const Errno answer = device.call(PERCPU_SCOPE_LIST_COUNTERS, &request);
    EXPECT_TRUE(buffer.untouched_from(room * element)) << "wrote more than there was room for";
    if (answer == Errno{}) {
      ++listed;
      EXPECT_LE(request.count, room);
      EXPECT_TRUE(buffer.untouched_from(request.count * element)) << "wrote more than it says";
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

TEST_F(AbiLists, CopiesOfNobody) {
  for (const std::uint32_t number : {UINT32_MAX, std::uint32_t{0x7fffffff}}) {
    auto request = fresh<percpu_scope_list>();
    request.of = number;
    request.element_size = sizeof(percpu_scope_copy);
    EXPECT_EQ(device.call(PERCPU_SCOPE_LIST_COPIES, &request), Errno{ENOENT}) << number;
  }
}

TEST_F(AbiLists, CopiesOfWhatHasNone) {
  const Canary buffer(sizeof(percpu_scope_copy));
  auto request = fresh<percpu_scope_list>();
  request.of = counter("atomic64");
  request.element_size = sizeof(percpu_scope_copy);
  request.count = 1;
  request.elements = buffer.address();
  EXPECT_EQ(device.call(PERCPU_SCOPE_LIST_COPIES, &request), Errno{});
  EXPECT_EQ(request.count, 0U);
  EXPECT_TRUE(buffer.untouched_from(0));
}

}  // namespace
}  // namespace percpu_scope::guest
