// SPDX-License-Identifier: GPL-2.0-only
//
// AbiRequests: flags, padding and pointers of the requests that change or
// check, commands that are none, and what a descriptor's mode allows.
#include <gtest/gtest.h>
#include <linux/ioctl.h>

#include <sys/ioctl.h>
#include <array>
#include <cstring>
#include <set>

#include "abi/raw_device.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::array<unsigned long, 13> commands{
    PERCPU_SCOPE_GET_INFO,    PERCPU_SCOPE_GET_CPUS,   PERCPU_SCOPE_LIST_COUNTERS,
    PERCPU_SCOPE_LIST_IDIOMS, PERCPU_SCOPE_GET_COPIES, PERCPU_SCOPE_SNAPSHOT,
    PERCPU_SCOPE_VERIFY,      PERCPU_SCOPE_HAMMER,     PERCPU_SCOPE_CREATE,
    PERCPU_SCOPE_DESTROY,     PERCPU_SCOPE_RESET,      PERCPU_SCOPE_COUNT_CALLS,
    PERCPU_SCOPE_STOP_CALLS};

class AbiRequests : public RawDeviceTest {
 public:
  [[nodiscard]] percpu_scope_job good_job() const {
    percpu_scope_job job{};
    job.counter = counter("plain");
    job.idiom = idiom("this_cpu_inc");
    job.updates = 5;
    return job;
  }

  // Of a counter that holds a pattern: all zeros are one.
  [[nodiscard]] percpu_scope_verify good_verify() const {
    percpu_scope_verify verify{};
    verify.counter = counter("stats");
    verify.reads = 5;
    verify.retries_max = 10;
    reset(verify.counter);
    return verify;
  }

  void reset(std::uint32_t id) const {
    percpu_scope_counter_ref which{};
    which.counter = id;
    ASSERT_EQ(device.call(PERCPU_SCOPE_RESET, &which), Errno{});
  }

  void destroy(std::uint32_t id) const {
    percpu_scope_counter_ref which{};
    which.counter = id;
    ASSERT_EQ(device.call(PERCPU_SCOPE_DESTROY, &which), Errno{});
  }
};

TEST_F(AbiRequests, HammerFlagsAndPadding) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    percpu_scope_job job = good_job();
    job.reserved = std::uint32_t{1} << bit;
    EXPECT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{EINVAL}) << "reserved bit " << bit;
    job = good_job();
    job.flags = std::uint32_t{1} << bit;
    // INTERRUPTED and CPU_WENT_DOWN are answers, not requests.
    const bool known =
        job.flags == PERCPU_SCOPE_JOB_FINDING || job.flags == PERCPU_SCOPE_JOB_INJECT;
    EXPECT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{known ? 0 : EINVAL}) << "flag " << bit;
  }
}

TEST_F(AbiRequests, HammerAnswersOverwriteWhatWasThere) {
  percpu_scope_job job = good_job();
  std::memset(&job.tally[0], 0xa5, sizeof(job.tally));
  job.elapsed_ns = UINT64_MAX;
  job.cpu = UINT32_MAX;
  job.flags = PERCPU_SCOPE_JOB_FINDING;
  ASSERT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{});
  EXPECT_EQ(job.tally[PERCPU_SCOPE_CONTEXT_TASK], 5U);
  for (unsigned context = 1; context < PERCPU_SCOPE_CONTEXT_COUNT; ++context)
    EXPECT_EQ(job.tally[context], 0U);
  EXPECT_NE(job.elapsed_ns, UINT64_MAX);
  EXPECT_LT(job.cpu, UINT32_MAX);
  EXPECT_EQ(job.flags, 0U);
}

TEST_F(AbiRequests, HammerPointers) {
  EXPECT_EQ(device.call_at(PERCPU_SCOPE_HAMMER, 0), Errno{EFAULT});
  GuardedPage constant;
  percpu_scope_job* const fixed = constant.put_at_end(good_job());
  constant.make_read_only();
  EXPECT_EQ(device.call(PERCPU_SCOPE_HAMMER, fixed), Errno{EFAULT});
}

// A 32-bit kernel must not take the lower half for the whole.
TEST_F(AbiRequests, PointersHaveTheKernelsBits) {
  constexpr std::uint64_t above = std::uint64_t{1} << 63;
  std::vector<std::uint64_t> room(8192);
  const auto good = std::uint64_t{reinterpret_cast<std::uintptr_t>(room.data())};
  percpu_scope_cpus cpus{};
  percpu_scope_counters counters{};
  percpu_scope_idioms idioms{};
  percpu_scope_copies copies{};
  percpu_scope_snapshot snapshot{};
  std::uint32_t id = counter("stats");
  copies.counter = id;
  snapshot.count = 1;
  snapshot.size = room.size() * sizeof(room[0]);
  const auto ask = [&](std::uint64_t bits) {
    cpus.count = counters.count = idioms.count = copies.count = 100;
    cpus.cpus = counters.counters = idioms.idioms = copies.copies = good | bits;
    return std::vector{device.call(PERCPU_SCOPE_GET_CPUS, &cpus),
                       device.call(PERCPU_SCOPE_LIST_COUNTERS, &counters),
                       device.call(PERCPU_SCOPE_LIST_IDIOMS, &idioms),
                       device.call(PERCPU_SCOPE_GET_COPIES, &copies)};
  };
  EXPECT_EQ(ask(0), std::vector<Errno>(4));
  EXPECT_EQ(ask(above), std::vector<Errno>(4, Errno{EFAULT}));
  const auto take = [&](std::uint64_t id_bits, std::uint64_t record_bits) {
    snapshot.ids = reinterpret_cast<std::uintptr_t>(&id) | id_bits;
    snapshot.records = good | record_bits;
    return device.call(PERCPU_SCOPE_SNAPSHOT, &snapshot);
  };
  EXPECT_EQ(take(0, 0), Errno{});
  EXPECT_EQ(take(above, 0), Errno{EFAULT});
  EXPECT_EQ(take(0, above), Errno{EFAULT});
}

TEST_F(AbiRequests, RefusedRequestsAreNotWrittenBack) {
  percpu_scope_job job = good_job();
  job.reserved = 1;
  std::memset(&job.tally[0], 0xa5, sizeof(job.tally));
  percpu_scope_job told = job;
  EXPECT_EQ(device.call(PERCPU_SCOPE_HAMMER, &told), Errno{EINVAL});
  EXPECT_EQ(std::memcmp(&told, &job, sizeof(job)), 0);
}

TEST_F(AbiRequests, VerifyMembers) {
  percpu_scope_verify verify = good_verify();
  EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{});
  EXPECT_EQ(verify.done, 5U);
  EXPECT_EQ(verify.flags, 0U);
  for (unsigned bit = 0; bit < 32; ++bit) {
    verify = good_verify();
    verify.flags = std::uint32_t{1} << bit;
    EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{EINVAL}) << "flag " << bit;
  }
  for (const std::uint32_t cpu : {UINT32_MAX, std::uint32_t{0x10000}}) {
    verify = good_verify();
    verify.cpu = cpu;
    EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{EINVAL}) << "CPU " << cpu;
  }
  verify = good_verify();
  verify.retries_max = PERCPU_SCOPE_RETRIES_MAX;
  EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{});
  verify = good_verify();
  verify.retries_max = PERCPU_SCOPE_RETRIES_MAX + 1;
  EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{EINVAL});
  verify = good_verify();
  verify.counter = UINT32_MAX;
  EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{ENOENT});
  for (const char* const name : {"atomic64", "spinlock"}) {
    verify = good_verify();
    verify.counter = counter(name);
    EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{EOPNOTSUPP}) << name;
  }
  EXPECT_EQ(device.call_at(PERCPU_SCOPE_VERIFY, 0), Errno{EFAULT});
}

TEST_F(AbiRequests, VerifyAnswersOverwriteWhatWasThere) {
  percpu_scope_verify verify = good_verify();
  verify.done = verify.retries = verify.starved = verify.torn = UINT64_MAX;
  verify.skewed = verify.backward = verify.changed = verify.elapsed_ns = UINT64_MAX;
  std::memset(&verify.torn_example[0], 0xa5, sizeof(verify.torn_example));
  ASSERT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{});
  EXPECT_EQ(verify.done, 5U);
  EXPECT_EQ(verify.retries + verify.starved + verify.torn + verify.skewed, 0U);
  EXPECT_EQ(verify.backward + verify.changed, 0U);
  EXPECT_NE(verify.elapsed_ns, UINT64_MAX);
  for (const std::uint64_t value : verify.torn_example) EXPECT_EQ(value, 0U);
}

TEST_F(AbiRequests, CreateMembers) {
  const std::uint32_t before = info().counters;
  for (unsigned bit = 0; bit < 32; ++bit) {
    percpu_scope_create request = create_request("abi-create");
    request.reserved = std::uint32_t{1} << bit;
    EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{EINVAL}) << "reserved bit " << bit;
    request = create_request("abi-create");
    request.id = std::uint32_t{1} << bit;
    EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{EINVAL}) << "id bit " << bit;
  }
  for (const std::uint32_t number : {std::uint32_t{PERCPU_SCOPE_STORAGE_COUNT}, UINT32_MAX}) {
    percpu_scope_create request = create_request("abi-create");
    request.storage = number;
    EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{EINVAL}) << "storage " << number;
  }
  for (const std::uint32_t number : {std::uint32_t{PERCPU_SCOPE_VARIANT_COUNT}, UINT32_MAX}) {
    percpu_scope_create request = create_request("abi-create");
    request.variant = number;
    EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{EINVAL}) << "variant " << number;
  }
  EXPECT_EQ(device.call_at(PERCPU_SCOPE_CREATE, 0), Errno{EFAULT});
  EXPECT_EQ(info().counters, before);
}

TEST_F(AbiRequests, NothingIsBehindAName) {
  for (const std::size_t where : {std::size_t{11}, std::size_t{PERCPU_SCOPE_NAME_SIZE - 1}}) {
    percpu_scope_create request = create_request("abi-create");
    request.name[where] = 'x';
    EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{EINVAL}) << "byte " << where;
  }
  percpu_scope_create request = create_request("abi-create");
  request.name[0] = '\0';
  EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{EINVAL}) << "an empty name";
  if ((info().features & PERCPU_SCOPE_FEATURE_KPROBES) == 0) return;
  for (const std::size_t where : {std::size_t{8}, std::size_t{PERCPU_SCOPE_FUNCTION_SIZE - 1}}) {
    percpu_scope_count_calls calls{};
    calls.counter = counter("plain");
    std::memcpy(&calls.function[0], "vfs_read", 8);
    // Behind a NUL of its own: no other name, and no end of it.
    calls.function[7] = '\0';
    calls.function[where] = 'x';
    EXPECT_EQ(device.call(PERCPU_SCOPE_COUNT_CALLS, &calls), Errno{EINVAL}) << "byte " << where;
  }
}

TEST_F(AbiRequests, CreateThatCannotAnswerLeavesNothing) {
  const std::uint32_t before = info().counters;
  GuardedPage constant;
  percpu_scope_create* const fixed = constant.put_at_end(create_request("abi-unanswered"));
  constant.make_read_only();
  EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, fixed), Errno{EFAULT});
  EXPECT_EQ(info().counters, before);
  // The name is free, and the next one is told its id.
  percpu_scope_create request = create_request("abi-unanswered");
  ASSERT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{});
  EXPECT_EQ(request.id, counter("abi-unanswered"));
  destroy(request.id);
}

TEST_F(AbiRequests, ReferencesToCounters) {
  for (const unsigned long command : {PERCPU_SCOPE_DESTROY, PERCPU_SCOPE_RESET}) {
    for (unsigned bit = 0; bit < 32; ++bit) {
      percpu_scope_counter_ref which{};
      which.counter = counter("plain");
      which.reserved = std::uint32_t{1} << bit;
      EXPECT_EQ(device.call(command, &which), Errno{EINVAL}) << "reserved bit " << bit;
    }
    percpu_scope_counter_ref which{};
    which.counter = UINT32_MAX;
    EXPECT_EQ(device.call(command, &which), Errno{ENOENT});
    EXPECT_EQ(device.call_at(command, 0), Errno{EFAULT});
  }
}

TEST_F(AbiRequests, CommandsThatAreNone) {
  const std::set<unsigned long> known(commands.begin(), commands.end());
  std::array<unsigned char, 16384> argument{};
  const auto expect_unknown = [&](unsigned long command) {
    if (!known.contains(command)) {
      EXPECT_EQ(device.call(command, argument.data()), Errno{ENOTTY}) << std::hex << command;
    }
  };
  for (unsigned number = 0; number < 256; ++number) {
    expect_unknown(_IO(PERCPU_SCOPE_IOC_MAGIC, number));
    for (const unsigned direction : {_IOC_READ, _IOC_WRITE, _IOC_READ | _IOC_WRITE})
      expect_unknown(_IOC(direction, PERCPU_SCOPE_IOC_MAGIC, number, 8));
  }
  for (const unsigned long command : commands) {
    const unsigned direction = _IOC_DIR(command);
    const unsigned number = _IOC_NR(command);
    const unsigned size = _IOC_SIZE(command);
    for (const unsigned other :
         {0U, size - 8, size - 1, size + 1, size + 8, unsigned{_IOC_SIZEMASK}})
      expect_unknown(_IOC(direction, PERCPU_SCOPE_IOC_MAGIC, number, other));
    for (const unsigned other : {_IOC_NONE, _IOC_READ, _IOC_WRITE, _IOC_READ | _IOC_WRITE})
      expect_unknown(_IOC(other, PERCPU_SCOPE_IOC_MAGIC, number, size));
    expect_unknown(_IOC(direction, PERCPU_SCOPE_IOC_MAGIC + 1, number, size));
  }
  expect_unknown(TCGETS);
}

TEST_F(AbiRequests, ReadOnlyDescriptorsChangeNothing) {
  const RawDevice reader(O_RDONLY);
  percpu_scope_job job = good_job();
  EXPECT_EQ(reader.call(PERCPU_SCOPE_HAMMER, &job), Errno{EBADF});
  percpu_scope_create create = create_request("abi-read-only");
  EXPECT_EQ(reader.call(PERCPU_SCOPE_CREATE, &create), Errno{EBADF});
  percpu_scope_counter_ref which{};
  which.counter = job.counter;
  EXPECT_EQ(reader.call(PERCPU_SCOPE_DESTROY, &which), Errno{EBADF});
  EXPECT_EQ(reader.call(PERCPU_SCOPE_RESET, &which), Errno{EBADF});
  percpu_scope_info info{};
  EXPECT_EQ(reader.call(PERCPU_SCOPE_GET_INFO, &info), Errno{});
  percpu_scope_verify verify = good_verify();
  EXPECT_EQ(reader.call(PERCPU_SCOPE_VERIFY, &verify), Errno{});
}

TEST_F(AbiRequests, WriteOnlyDescriptorsReadNothing) {
  const RawDevice writer(O_WRONLY);
  // Large enough and zero: good requests for all of them.
  std::array<std::uint64_t, 32> zeros{};
  for (const unsigned long command :
       {PERCPU_SCOPE_GET_INFO, PERCPU_SCOPE_GET_CPUS, PERCPU_SCOPE_LIST_COUNTERS,
        PERCPU_SCOPE_LIST_IDIOMS, PERCPU_SCOPE_GET_COPIES, PERCPU_SCOPE_SNAPSHOT,
        PERCPU_SCOPE_VERIFY})
    EXPECT_EQ(writer.call(command, zeros.data()), Errno{EBADF}) << std::hex << command;
  percpu_scope_job job = good_job();
  EXPECT_EQ(writer.call(PERCPU_SCOPE_HAMMER, &job), Errno{});
  EXPECT_EQ(job.tally[PERCPU_SCOPE_CONTEXT_TASK], 5U);
  percpu_scope_create create = create_request("abi-write-only");
  ASSERT_EQ(writer.call(PERCPU_SCOPE_CREATE, &create), Errno{});
  percpu_scope_counter_ref which{};
  which.counter = create.id;
  EXPECT_EQ(writer.call(PERCPU_SCOPE_RESET, &which), Errno{});
  EXPECT_EQ(writer.call(PERCPU_SCOPE_DESTROY, &which), Errno{});
}

}  // namespace
}  // namespace percpu_scope::guest
