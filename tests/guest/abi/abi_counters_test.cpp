// SPDX-License-Identifier: GPL-2.0-only
//
// AbiRequests: flags, padding, names and answers of the requests that make, destroy and
// reset counters.
#include <gtest/gtest.h>

#include <string>

#include "abi/requests.hpp"

namespace percpu_scope::guest {
namespace {

TEST_F(AbiRequests, CreateMembers) {
  const std::uint32_t before = info().counters;
  const percpu_scope_create good = create_request("abi-create");
  unknown_bits(PERCPU_SCOPE_CREATE, good, &percpu_scope_create::flags,
               PERCPU_SCOPE_CREATE_TEMPORARY, "flags");
  unknown_bits(PERCPU_SCOPE_CREATE, good, &percpu_scope_create::reserved, 0, "reserved");
  percpu_scope_create request = good;
  for (const std::uint32_t kind : {info().kinds, UINT32_MAX}) {
    request.kind = kind;
    EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{EINVAL}) << "no kind " << kind;
  }
  request = good;
  request.variant = UINT32_MAX;
  EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{EINVAL}) << "no such variant";
  EXPECT_EQ(info().counters, before);
}

TEST_F(AbiRequests, CreateOfEachKindByEachVariant) {
  const std::uint32_t before = info().counters;
  for (const percpu_scope_kind& kind : kinds()) {
    for (const percpu_scope_variant& variant : variants()) {
      SCOPED_TRACE(text_in(kind.name) + " by " + text_in(variant.name));
      const bool possible = (kind.flags & PERCPU_SCOPE_KIND_DYNAMIC) != 0 &&
                            (variant.flags & PERCPU_SCOPE_VARIANT_CREATES) != 0;
      percpu_scope_create request = create_request("abi-each");
      request.kind = kind.kind;
      request.variant = variant.variant;
      // An answer: whatever was there.
      request.counter = UINT32_MAX;
      ASSERT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{possible ? 0 : EOPNOTSUPP});
      if (!possible) continue;
      EXPECT_EQ(request.counter, counter("abi-each"));
      EXPECT_EQ(destroy(request.counter), Errno{});
      request = create_request("abi-each");
      request.kind = kind.kind;
      request.variant = variant.variant;
      request.bytes = 2 * kind.size;
      const bool sized = (variant.flags & PERCPU_SCOPE_VARIANT_SIZED) != 0;
      EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{sized ? 0 : EINVAL}) << "a size";
      if (sized) {
        EXPECT_EQ(destroy(request.counter), Errno{});
      }
    }
  }
  EXPECT_EQ(info().counters, before);
}

TEST_F(AbiRequests, NamesEndWithANulAndNothingIsBehindIt) {
  percpu_scope_create request = create_request("");
  EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{EINVAL}) << "an empty name";
  request = create_request(std::string(PERCPU_SCOPE_NAME_SIZE, 'n'));
  EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{ENAMETOOLONG}) << "without NUL";
  for (const std::size_t where : {std::size_t{11}, std::size_t{PERCPU_SCOPE_NAME_SIZE - 1}}) {
    request = create_request("abi-create");
    request.name[where] = 'x';
    EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{EINVAL}) << "byte " << where;
  }
  request = create_request(std::string(PERCPU_SCOPE_NAME_SIZE - 1, 'n'));
  ASSERT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{}) << "the longest";
  EXPECT_EQ(destroy(request.counter), Errno{});
}

TEST_F(AbiRequests, CreateThatCannotAnswerLeavesNothing) {
  const std::uint32_t before = info().counters;
  GuardedPage constant;
  percpu_scope_create* const fixed = constant.put_at_end(create_request("abi-unanswered"));
  constant.make_read_only();
  EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, fixed), Errno{EFAULT});
  EXPECT_EQ(info().counters, before);
  // The name is free, and the next one is told its number.
  const std::uint32_t made = make("abi-unanswered");
  EXPECT_EQ(made, counter("abi-unanswered"));
  EXPECT_EQ(destroy(made), Errno{});
}

TEST_F(AbiRequests, DestroyAndResetOfWhatThereIsNot) {
  EXPECT_EQ(destroy(UINT32_MAX), Errno{ENOENT});
  EXPECT_EQ(destroy(counter("plain")), Errno{EPERM}) << "a static one";
  EXPECT_EQ(reset(UINT32_MAX), Errno{ENOENT});
  const std::uint32_t made = make("abi-gone");
  EXPECT_EQ(destroy(made), Errno{});
  EXPECT_EQ(destroy(made), Errno{ENOENT});
  EXPECT_EQ(reset(made), Errno{ENOENT});
}

TEST_F(AbiRequests, ResetMembers) {
  auto good = fresh<percpu_scope_reset>();
  good.counter = counter("stats");
  unknown_bits(PERCPU_SCOPE_RESET, good, &percpu_scope_reset::flags, PERCPU_SCOPE_RESET_PATTERN,
               "flags");
  unknown_bits(PERCPU_SCOPE_RESET, good, &percpu_scope_reset::reserved, 0, "reserved");
}

// As if so many updates had been made: of each field, in every copy or in what is shared.
TEST_F(AbiRequests, ResetStartsWhereItIsTold) {
  for (const percpu_scope_counter& one : counters()) {
    SCOPED_TRACE(text_in(one.name));
    const bool copies = length_of(PERCPU_SCOPE_LIST_COPIES, one.counter) != 0;
    const std::uint32_t bits = fields_of(one.kind).at(0).bits;
    const std::uint64_t mask = bits < 64 ? (std::uint64_t{1} << bits) - 1 : UINT64_MAX;
    for (const std::uint64_t start :
         {std::uint64_t{1000}, (std::uint64_t{1} << 32) - 5, (std::uint64_t{1} << 63) - 5,
          ~std::uint64_t{4}, std::uint64_t{0}}) {
      auto request = fresh<percpu_scope_reset>();
      request.counter = one.counter;
      request.start = start;
      ASSERT_EQ(device.call(PERCPU_SCOPE_RESET, &request), Errno{}) << start;
      const std::uint64_t total = sum(one.counter) & mask;
      // What is copies and a shared part starts in one of the two.
      EXPECT_TRUE(total == (start & mask) ||
                  (copies && total == (start * info().possible_cpus & mask)))
          << start << ", and the sum is " << total;
    }
  }
}

TEST_F(AbiRequests, OnlyPatternsCanStartAsPatterns) {
  for (const percpu_scope_kind& kind : kinds()) {
    for (const percpu_scope_counter& one : counters()) {
      if (one.kind != kind.kind) continue;
      SCOPED_TRACE(text_in(one.name));
      auto request = fresh<percpu_scope_reset>();
      request.counter = one.counter;
      request.flags = PERCPU_SCOPE_RESET_PATTERN;
      request.start = 7;
      const bool verifiable = (kind.flags & PERCPU_SCOPE_KIND_VERIFIABLE) != 0;
      EXPECT_EQ(device.call(PERCPU_SCOPE_RESET, &request), Errno{verifiable ? 0 : EOPNOTSUPP});
      if (!verifiable) break;
      percpu_scope_verify verify = good_verify();
      verify.counter = one.counter;
      EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{});
      EXPECT_EQ(verify.torn, 0U);
      // A sum is none, but for 0.
      request.flags = 0;
      EXPECT_EQ(device.call(PERCPU_SCOPE_RESET, &request), Errno{});
      EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{ENODATA});
      EXPECT_EQ(reset(one.counter), Errno{});
      EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{});
      break;
    }
  }
}

}  // namespace
}  // namespace percpu_scope::guest
