// SPDX-License-Identifier: GPL-2.0-only
//
// AbiTemporary: counters that go with the descriptor that made them, whoever else is at
// work on them, and however its owner comes to an end.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>

#include "abi/raw_device.hpp"

namespace percpu_scope::guest {
namespace {

class AbiTemporary : public RawDeviceTest {
 public:
  // Whatever a test made is gone when it ends.
  void TearDown() override {
    EXPECT_TRUE(eventually([&] { return info().dynamic_bytes <= before.dynamic_bytes; }))
        << before.dynamic_bytes << " bytes before, " << info().dynamic_bytes << " after";
    EXPECT_LE(info().dynamic_counters, before.dynamic_counters);
  }

  [[nodiscard]] std::uint32_t make_by(const RawDevice& maker, const std::string& name,
                                      std::uint32_t flags = PERCPU_SCOPE_CREATE_TEMPORARY) const {
    percpu_scope_create request = create_request(name);
    request.flags = flags;
    EXPECT_EQ(maker.call(PERCPU_SCOPE_CREATE, &request), Errno{}) << name;
    return request.counter;
  }
  [[nodiscard]] bool is_temporary(std::uint32_t counter) const {
    for (const percpu_scope_counter& one : counters())
      if (one.counter == counter) return (one.flags & PERCPU_SCOPE_COUNTER_TEMPORARY) != 0;
    return false;
  }
  [[nodiscard]] percpu_scope_job endless(std::uint32_t counter) const {
    percpu_scope_job job = good_job();
    job.counter = counter;
    job.updates = UINT64_MAX;
    return job;
  }

  const percpu_scope_info before = info();
};

TEST_F(AbiTemporary, GoWithTheirDescriptor) {
  std::optional<RawDevice> maker(std::in_place);
  std::optional<RawDevice> other(std::in_place);
  const std::uint32_t first = make_by(*maker, "abi-first");
  const std::uint32_t second = make_by(*maker, "abi-second");
  const std::uint32_t others = make_by(*other, "abi-others");
  const std::uint32_t lasting = make_by(*maker, "abi-lasting", 0);
  EXPECT_TRUE(is_temporary(first));
  EXPECT_TRUE(is_temporary(second));
  EXPECT_FALSE(is_temporary(lasting));
  maker.reset();
  EXPECT_FALSE(exists(first));
  EXPECT_FALSE(exists(second));
  EXPECT_TRUE(exists(others)) << "it is another descriptor's";
  EXPECT_TRUE(exists(lasting)) << "it was to stay";
  // The name is free, and the number is not used again.
  const std::uint32_t next = make("abi-first");
  EXPECT_NE(next, first);
  EXPECT_EQ(destroy(next), Errno{});
  EXPECT_EQ(destroy(lasting), Errno{});
  other.reset();
  EXPECT_FALSE(exists(others));
}

// Anybody may use them, and destroy them before.
TEST_F(AbiTemporary, AreCountersLikeAnyOther) {
  std::optional<RawDevice> maker(std::in_place);
  const std::uint32_t made = make_by(*maker, "abi-used");
  percpu_scope_job job = good_job();
  job.counter = made;
  EXPECT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{});
  EXPECT_EQ(sum(made), job.tally[PERCPU_SCOPE_CONTEXT_TASK]);
  EXPECT_EQ(reset(made), Errno{});
  EXPECT_EQ(sum(made), 0U);
  EXPECT_EQ(destroy(made), Errno{});
  EXPECT_FALSE(exists(made));
  // Another has its name meanwhile: it is not what goes.
  const std::uint32_t namesake = make("abi-used");
  maker.reset();
  EXPECT_TRUE(exists(namesake));
  EXPECT_EQ(destroy(namesake), Errno{});
}

// Closing one of two descriptors of an open file is no end of it.
TEST_F(AbiTemporary, GoWithTheLastDescriptorOfTheFile) {
  std::optional<RawDevice> maker(std::in_place);
  const std::uint32_t made = make_by(*maker, "abi-twice");
  {
    const FileDescriptor second = maker->duplicate();
    maker.reset();
    EXPECT_TRUE(exists(made));
  }
  EXPECT_FALSE(exists(made));
}

TEST_F(AbiTemporary, JobsOnThemFinish) {
  std::optional<RawDevice> maker(std::in_place);
  const std::uint32_t made = make_by(*maker, "abi-worked-on");
  RawJob job(*this, endless(made));
  ASSERT_TRUE(job.counts());
  maker.reset();
  EXPECT_FALSE(exists(made));
  EXPECT_EQ(destroy(made), Errno{ENOENT});
  // It works on for nobody; a namesake is another counter.
  const std::uint32_t namesake = make("abi-worked-on");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(job.ended()) << "the job went with its counter";
  EXPECT_EQ(sum(namesake), 0U);
  const percpu_scope_job ended = job.end();
  EXPECT_EQ(job.error(), Errno{});
  EXPECT_NE(ended.outcome & PERCPU_SCOPE_OUTCOME_INTERRUPTED, 0U);
  EXPECT_GT(ended.tally[PERCPU_SCOPE_CONTEXT_TASK], 0U);
  EXPECT_EQ(sum(namesake), 0U);
  EXPECT_EQ(destroy(namesake), Errno{});
}

// Nothing runs at the end of who is killed but what the kernel does for it.
TEST_F(AbiTemporary, GoWithAProcessThatIsKilled) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  FileDescriptor from_child(ends[0]);
  FileDescriptor to_parent(ends[1]);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // A descriptor of its own, and a job on what it made: killed in the midst of it.
    const RawDevice own;
    percpu_scope_create request = create_request("abi-killed");
    request.flags = PERCPU_SCOPE_CREATE_TEMPORARY;
    if (own.call(PERCPU_SCOPE_CREATE, &request) != Errno{}) ::_exit(1);
    const std::uint32_t made = request.counter;
    if (::write(to_parent.number(), &made, sizeof(made)) != sizeof(made)) ::_exit(2);
    percpu_scope_job job = endless(made);
    (void)own.call(PERCPU_SCOPE_HAMMER, &job);
    ::_exit(3);
  }
  to_parent.close();
  std::uint32_t made = 0;
  ASSERT_EQ(::read(from_child.number(), &made, sizeof(made)), ssize_t{sizeof(made)});
  EXPECT_TRUE(is_temporary(made));
  EXPECT_TRUE(eventually([&] { return sum(made) != 0; })) << "its own job does not count";
  // And one of somebody else, who lives on.
  RawJob job(*this, endless(made));
  ASSERT_TRUE(job.counts());
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it ended by itself";
  EXPECT_TRUE(eventually([&] { return !exists(made); })) << "what the killed one made is left";
  EXPECT_FALSE(job.ended());
  const percpu_scope_job ended = job.end();
  EXPECT_EQ(job.error(), Errno{});
  EXPECT_GT(ended.tally[PERCPU_SCOPE_CONTEXT_TASK], 0U);
}

// The quota is theirs no longer: as many can be made again and again.
TEST_F(AbiTemporary, TakeNoRoomOnceTheyAreGone) {
  const std::uint32_t room = before.dynamic_counters_max - before.dynamic_counters;
  for (int round = 0; round < 3; ++round) {
    const RawDevice maker;
    for (std::uint32_t i = 0; i < room; ++i) (void)make_by(maker, "abi-many-" + std::to_string(i));
    percpu_scope_create request = create_request("abi-one-too-many");
    request.flags = PERCPU_SCOPE_CREATE_TEMPORARY;
    EXPECT_EQ(maker.call(PERCPU_SCOPE_CREATE, &request), Errno{EDQUOT}) << "round " << round;
  }
}

}  // namespace
}  // namespace percpu_scope::guest
