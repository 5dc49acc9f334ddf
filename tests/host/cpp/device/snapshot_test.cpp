// SPDX-License-Identifier: GPL-2.0-only
//
// Decoding what the kernel writes into a snapshot's buffer.
#include "percpu_scope/snapshot.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

#include "percpu_scope/error.hpp"
#include "samples.hpp"

namespace percpu_scope {
namespace {

std::vector<std::uint64_t> two_records() {
  auto words = samples::record_words(CounterId{7}, 2, {0, 0}, {1, 2, 3, 4}, {4, 6}, 1);
  const auto second = samples::record_words(CounterId{1}, 1, {100}, {5, 6}, {111});
  words.insert(words.end(), second.begin(), second.end());
  return words;
}

TEST(Snapshot, DecodesRecords) {
  const Snapshot snapshot(two_records());
  ASSERT_EQ(snapshot.records().size(), 2U);
  EXPECT_EQ(snapshot.records()[0].counter, CounterId{7});
  EXPECT_EQ(snapshot.records()[0].starved, 1U);
  EXPECT_EQ(snapshot.value(CounterId{7}, 0, 0), 1U);
  EXPECT_EQ(snapshot.value(CounterId{7}, 1, 0), 2U);
  EXPECT_EQ(snapshot.value(CounterId{7}, 0, 1), 3U);
  EXPECT_EQ(snapshot.value(CounterId{7}, 1, 1), 4U);
  EXPECT_EQ(snapshot.sum(CounterId{7}, 1), 6U);
  EXPECT_EQ(snapshot.shared(CounterId{1}, 0), 100U);
  EXPECT_EQ(snapshot.sum(CounterId{1}, 0), 111U);
}

TEST(Snapshot, RefusesWhatIsNotInIt) {
  const Snapshot snapshot(two_records());
  EXPECT_THROW((void)snapshot.record(CounterId{2}), std::out_of_range);
  EXPECT_THROW((void)snapshot.value(CounterId{1}, 1, 0), std::out_of_range);
  EXPECT_THROW((void)snapshot.value(CounterId{1}, 0, 2), std::out_of_range);
  EXPECT_THROW((void)snapshot.sum(CounterId{1}, 1), std::out_of_range);
  EXPECT_THROW((void)snapshot.shared(CounterId{1}, 1), std::out_of_range);
}

TEST(Snapshot, EveryTruncationIsMalformed) {
  const auto whole = two_records();
  const std::size_t first = record_size(2, 2) / sizeof(std::uint64_t);
  for (std::size_t length = 1; length < whole.size(); ++length) {
    if (length == first) continue;  // just the first record
    const std::vector<std::uint64_t> words(whole.begin(),
                                           whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_THROW((void)Snapshot(words), MalformedError) << length << " words";
  }
}

TEST(Snapshot, ShapesThatCannotBeAreMalformed) {
  auto words = samples::record_words(CounterId{1}, 1, {0}, {1}, {1});
  auto bytes = [&words](std::uint32_t fields, std::uint32_t cpus) {
    words[0] = 1 | std::uint64_t{fields} << 32;
    words[1] = cpus;
    return words;
  };
  EXPECT_NO_THROW((void)Snapshot(bytes(1, 1)));
  EXPECT_THROW((void)Snapshot(bytes(0, 1)), MalformedError);
  EXPECT_THROW((void)Snapshot(bytes(2, 1)), MalformedError);
  EXPECT_THROW((void)Snapshot(bytes(1, 2)), MalformedError);
  EXPECT_THROW((void)Snapshot(bytes(UINT32_MAX, UINT32_MAX)), MalformedError);
  EXPECT_THROW((void)Snapshot(bytes(4, UINT32_MAX)), MalformedError);
}

TEST(Snapshot, ARecordOfNoFieldsIsMalformedForThat) {
  try {
    (void)Snapshot({1, 1});  // counter 1 on one CPU: as long as its header
    FAIL() << "taken for a record";
  } catch (const MalformedError& error) {
    EXPECT_NE(std::string_view(error.what()).find("no fields"), std::string_view::npos)
        << error.what();
  }
}

TEST(Snapshot, RecordsMayHaveAnyNumberOfFields) {
  const std::vector<std::uint64_t> none(7);
  const std::vector<std::uint64_t> values{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
  const Snapshot snapshot(
      samples::record_words(CounterId{5}, 7, none, values, {9, 11, 13, 15, 17, 19, 21}));
  EXPECT_EQ(snapshot.value(CounterId{5}, 6, 0), 7U);
  EXPECT_EQ(snapshot.value(CounterId{5}, 0, 1), 8U);
  EXPECT_EQ(snapshot.sum(CounterId{5}, 6), 21U);
}

TEST(Snapshot, EmptyHasNoRecords) {
  EXPECT_TRUE(Snapshot().records().empty());
  EXPECT_TRUE(Snapshot(std::vector<std::uint64_t>{}).records().empty());
}

TEST(Snapshot, CopiesAndMovesKeepTheirOwnValues) {
  Snapshot copy;
  Snapshot moved;
  {
    Snapshot original(two_records());
    copy = original;
    EXPECT_NE(copy.records()[0].values.data(), original.records()[0].values.data());
    moved = std::move(original);
  }
  EXPECT_EQ(copy.value(CounterId{7}, 1, 1), 4U);
  EXPECT_EQ(moved.value(CounterId{7}, 1, 1), 4U);
}

TEST(Snapshot, SizeOfARecord) {
  EXPECT_EQ(record_size(1, 2), 16U + 4 * 8);
  EXPECT_EQ(record_size(4, 8), 16U + 10 * 4 * 8);
}

}  // namespace
}  // namespace percpu_scope
