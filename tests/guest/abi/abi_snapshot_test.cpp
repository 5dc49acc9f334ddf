// SPDX-License-Identifier: GPL-2.0-only
//
// AbiSnapshot: shapes, orders and lengths of the one request that reads values.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "abi/raw_device.hpp"

namespace percpu_scope::guest {
namespace {

class AbiSnapshot : public RawDeviceTest {
 public:
  AbiSnapshot() : cpu_count(info().possible_cpus), all_counters(counters()) {
    for (const percpu_scope_counter& counter : all_counters) {
      all_ids.push_back(counter.counter);
      all_fields.push_back(fields_of(counter.kind));
    }
  }

  void SetUp() override {
    // Something to see: a number of its own for every counter.
    for (std::size_t i = 0; i < all_counters.size(); ++i) {
      ASSERT_EQ(reset(all_ids[i]), Errno{});
      auto job = fresh<percpu_scope_job>();
      job.counter = all_ids[i];
      job.idiom = fitting_idiom(all_counters[i]);
      job.updates = i + 1;
      ASSERT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{});
      ASSERT_EQ(job.tally[PERCPU_SCOPE_CONTEXT_TASK], i + 1);
    }
  }

  [[nodiscard]] std::uint32_t fitting_idiom(const percpu_scope_counter& counter) const {
    for (const percpu_scope_idiom& idiom : idioms())
      if (idiom.kind == counter.kind &&
          (idiom.flags & (PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_PATTERN)) == 0)
        return idiom.idiom;
    throw std::runtime_error("nothing fits");
  }

  [[nodiscard]] std::size_t place_of(std::uint32_t id) const {
    const auto found = std::find(all_ids.begin(), all_ids.end(), id);
    return static_cast<std::size_t>(found - all_ids.begin());
  }

  [[nodiscard]] std::size_t bytes_of(const std::vector<std::uint32_t>& ids) const {
    return std::accumulate(
        ids.begin(), ids.end(), std::size_t{0}, [this](std::size_t bytes, std::uint32_t id) {
          const std::size_t fields = all_fields.at(place_of(id)).size();
          return bytes + sizeof(percpu_scope_record) + (cpu_count + 2) * fields * 8;
        });
  }

  static percpu_scope_snapshot request_for(const std::vector<std::uint32_t>& ids,
                                           std::uint64_t records, std::uint64_t size) {
    auto request = fresh<percpu_scope_snapshot>();
    request.ids = address_of(ids.data());
    request.count = static_cast<std::uint32_t>(ids.size());
    request.records = records;
    request.records_size = size;
    return request;
  }

  // The records are what was asked for, in that order, with what was counted.
  void expect_records(const std::vector<std::uint32_t>& ids, const unsigned char* at) const {
    for (const std::uint32_t id : ids) {
      const std::size_t place = place_of(id);
      percpu_scope_record record{};
      std::memcpy(&record, at, sizeof(record));
      at += sizeof(record);
      SCOPED_TRACE(text_in(all_counters.at(place).name));
      ASSERT_EQ(record.counter, id);
      ASSERT_EQ(record.field_count, all_fields[place].size());
      ASSERT_EQ(record.cpu_count, cpu_count);
      EXPECT_EQ(record.starved, 0U);
      std::vector<std::uint64_t> values((cpu_count + 2) * record.field_count);
      std::memcpy(values.data(), at, values.size() * 8);
      at += values.size() * 8;
      for (std::size_t field = 0; field < record.field_count; ++field) {
        std::uint64_t total = 0;
        for (std::size_t i = 0; i <= cpu_count; ++i)
          total += values[i * record.field_count + field];
        EXPECT_EQ(values[(cpu_count + 1) * record.field_count + field], total);
        EXPECT_EQ(total, (place + 1) * all_fields[place][field].weight);
      }
    }
  }

  void expect_snapshot(const std::vector<std::uint32_t>& ids) const {
    const std::size_t bytes = bytes_of(ids);
    const Canary buffer(bytes + 64);
    percpu_scope_snapshot request = request_for(ids, buffer.address(), bytes + 64);
    ASSERT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{});
    EXPECT_EQ(request.records_size, bytes);
    EXPECT_TRUE(buffer.untouched_from(bytes)) << "wrote more than it says";
    expect_records(ids, buffer.data());
  }

  std::size_t cpu_count;
  std::vector<percpu_scope_counter> all_counters;
  std::vector<std::vector<percpu_scope_field>> all_fields;  // of each of the counters
  std::vector<std::uint32_t> all_ids;
};

TEST_F(AbiSnapshot, AllCounters) { expect_snapshot(all_ids); }

TEST_F(AbiSnapshot, EachAlone) {
  for (const std::uint32_t id : all_ids) expect_snapshot({id});
}

TEST_F(AbiSnapshot, OrderIsTheCallers) {
  std::vector<std::uint32_t> reversed(all_ids.rbegin(), all_ids.rend());
  expect_snapshot(reversed);
  std::rotate(reversed.begin(), reversed.begin() + 3, reversed.end());
  reversed.resize(5);
  expect_snapshot(reversed);
}

TEST_F(AbiSnapshot, DuplicatesComeTwice) {
  expect_snapshot({all_ids[0], all_ids[0]});
  expect_snapshot({all_ids[7], all_ids[1], all_ids[7], all_ids[7]});
}

TEST_F(AbiSnapshot, NoIdsAreNoRecords) {
  auto request = fresh<percpu_scope_snapshot>();
  EXPECT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{});
  EXPECT_EQ(request.records_size, 0U);
  const Canary buffer(64);
  request = request_for({}, buffer.address(), 64);
  EXPECT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{});
  EXPECT_EQ(request.records_size, 0U);
  EXPECT_TRUE(buffer.untouched_from(0));
}

TEST_F(AbiSnapshot, ManyIds) {
  std::vector<std::uint32_t> many;
  many.reserve(500);
  for (int i = 0; i < 500; ++i)
    many.push_back(all_ids[static_cast<std::size_t>(i) % all_ids.size()]);
  expect_snapshot(many);
}

TEST_F(AbiSnapshot, ExactRoomIsEnough) {
  const std::size_t bytes = bytes_of(all_ids);
  const Canary buffer(bytes);
  percpu_scope_snapshot request = request_for(all_ids, buffer.address(), bytes);
  ASSERT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{});
  expect_records(all_ids, buffer.data());
}

TEST_F(AbiSnapshot, ShortRoomIsToldAndLeftAlone) {
  const std::size_t bytes = bytes_of(all_ids);
  for (const std::size_t room : {std::size_t{0}, std::size_t{1}, sizeof(percpu_scope_record),
                                 bytes / 2, bytes - 8, bytes - 1}) {
    const Canary buffer(bytes);
    percpu_scope_snapshot request = request_for(all_ids, room == 0 ? 0 : buffer.address(), room);
    percpu_scope_snapshot told = request;
    EXPECT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &told), Errno{ENOSPC}) << "room " << room;
    EXPECT_TRUE(buffer.untouched_from(0)) << "room " << room;
    request.records_size = bytes;
    EXPECT_EQ(std::memcmp(&told, &request, sizeof(request)), 0)
        << "the needed length is written back and nothing else";
  }
}

TEST_F(AbiSnapshot, BufferNeedsNoAlignment) {
  const std::size_t bytes = bytes_of(all_ids);
  const Canary buffer(bytes + 1);
  percpu_scope_snapshot request = request_for(all_ids, buffer.address() + 1, bytes);
  ASSERT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{});
  expect_records(all_ids, buffer.data() + 1);
}

TEST_F(AbiSnapshot, UnknownIds) {
  const Canary buffer(4096);
  for (const std::vector<std::uint32_t>& ids : {std::vector<std::uint32_t>{UINT32_MAX},
                                                {all_ids[0], UINT32_MAX},
                                                {0x7fffffff, all_ids[0]}}) {
    percpu_scope_snapshot request = request_for(ids, buffer.address(), 4096);
    EXPECT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{ENOENT});
    EXPECT_TRUE(buffer.untouched_from(0));
  }
}

TEST_F(AbiSnapshot, DestroyedIds) {
  const std::uint32_t gone = make("abi-destroyed");
  ASSERT_EQ(destroy(gone), Errno{});
  const Canary buffer(4096);
  const std::vector<std::uint32_t> ids{gone};
  percpu_scope_snapshot request = request_for(ids, buffer.address(), 4096);
  EXPECT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{ENOENT});
}

TEST_F(AbiSnapshot, BadPointers) {
  const std::size_t bytes = bytes_of(all_ids);
  const Canary buffer(bytes);
  percpu_scope_snapshot request = request_for(all_ids, 0, bytes);
  EXPECT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{EFAULT}) << "no buffer";

  request = request_for(all_ids, buffer.address(), bytes);
  request.ids = 0;
  EXPECT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{EFAULT}) << "no ids";

  // One id more than can be read.
  GuardedPage page;
  request = request_for(all_ids, buffer.address(), bytes);
  request.ids = address_of(
      static_cast<unsigned char*>(page.put(all_ids.data(), all_ids.size() * sizeof(all_ids[0]))));
  ++request.count;
  EXPECT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{EFAULT}) << "too few ids";
  request.count = UINT32_MAX;
  EXPECT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{EFAULT}) << "far too few ids";

  GuardedPage constant;
  percpu_scope_snapshot* const fixed =
      constant.put_at_end(request_for(all_ids, buffer.address(), bytes));
  constant.make_read_only();
  EXPECT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, fixed), Errno{EFAULT}) << "no way to answer";
}

}  // namespace
}  // namespace percpu_scope::guest
