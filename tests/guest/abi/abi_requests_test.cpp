// SPDX-License-Identifier: GPL-2.0-only
//
// AbiRequests: flags, numbers, pointers and answers of jobs and verifying reads.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

#include "abi/requests.hpp"

namespace percpu_scope::guest {
namespace {

TEST_F(AbiRequests, HammerFlagsAndContexts) {
  constexpr std::uint32_t flags =
      PERCPU_SCOPE_JOB_FINDING | PERCPU_SCOPE_JOB_INJECT | PERCPU_SCOPE_JOB_BH_OFF;
  unknown_bits(PERCPU_SCOPE_HAMMER, good_job(), &percpu_scope_job::flags, flags, "flags");
  percpu_scope_job job = good_job();
  job.period_ns = 1'000'000;
  constexpr std::uint64_t contexts =
      (std::uint64_t{1} << PERCPU_SCOPE_CONTEXT_COUNT) - 1 - (1U << PERCPU_SCOPE_CONTEXT_TASK);
  unknown_bits(PERCPU_SCOPE_HAMMER, job, &percpu_scope_job::contexts, contexts, "contexts");
  job = good_job();
  job.flags = PERCPU_SCOPE_JOB_FINDING;
  EXPECT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{}) << "of what is promised";
  job.flags = PERCPU_SCOPE_JOB_BH_OFF;
  EXPECT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{});
  job.updates = 0;
  EXPECT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{EINVAL}) << "no task turns them off";
}

TEST_F(AbiRequests, HammerAnswersOverwriteWhatWasThere) {
  percpu_scope_job job;
  std::memset(&job, 0xa5, sizeof(job));
  const percpu_scope_job good = good_job();
  // All that is asked, up to the first member that is an answer.
  std::memcpy(&job, &good, offsetof(percpu_scope_job, tally));
  ASSERT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{});
  EXPECT_EQ(std::memcmp(&job, &good, offsetof(percpu_scope_job, tally)), 0)
      << "what was asked was changed";
  EXPECT_EQ(job.tally[PERCPU_SCOPE_CONTEXT_TASK], 5U);
  for (unsigned context = 1; context < PERCPU_SCOPE_CONTEXTS_MAX; ++context)
    EXPECT_EQ(job.tally[context], 0U) << context;
  EXPECT_EQ(job.ipis, 0U);
  EXPECT_EQ(job.irq_works, 0U);
  EXPECT_EQ(job.injected, 0U);
  EXPECT_EQ(job.open_sections, 0U);
  EXPECT_LT(job.elapsed_ns, 3'600'000'000'000U);
  EXPECT_LT(job.migrations, 1'000U);
  EXPECT_LT(job.preemptions, 1'000U);
  EXPECT_LT(job.cpu, 0x10000U);
  EXPECT_EQ(job.outcome, 0U);
  EXPECT_EQ(job.nested, 0U);
  for (const char byte : job.in_the_way) EXPECT_EQ(byte, 0);
}

// By a timer, by another CPU and by irq_work; all are in the one tally.
TEST_F(AbiRequests, HardirqsComeInThreeWays) {
  percpu_scope_job job = good_job();
  job.contexts = 1U << PERCPU_SCOPE_CONTEXT_HARDIRQ;
  job.period_ns = 50'000;
  job.interruptions = 2'000;
  ASSERT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{});
  EXPECT_EQ(job.ipis > 0, info().online_cpus > 1) << job.ipis;
  EXPECT_GT(job.irq_works, 0U);
  EXPECT_LT(job.ipis + job.irq_works, job.tally[PERCPU_SCOPE_CONTEXT_HARDIRQ]);
  EXPECT_EQ(job.outcome, 0U);
  EXPECT_EQ(job.nested, 0U) << "interrupts are off in an interrupt";
  job = good_job();
  job.contexts = 1U << PERCPU_SCOPE_CONTEXT_SOFTIRQ;
  job.period_ns = 50'000;
  job.interruptions = 200;
  ASSERT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{});
  EXPECT_EQ(job.ipis + job.irq_works, 0U) << "nobody asked for hardirqs";
}

TEST_F(AbiRequests, HammerOfWhatThereIsNot) {
  percpu_scope_job job = good_job();
  job.counter = UINT32_MAX;
  EXPECT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{ENOENT});
  job = good_job();
  job.idiom = UINT32_MAX;
  EXPECT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{ENOENT});
  job = good_job();
  job.idiom = idiom("atomic64_inc");
  EXPECT_EQ(device.call(PERCPU_SCOPE_HAMMER, &job), Errno{EINVAL}) << "of another kind";
}

// A 32-bit kernel must not take the lower half for the whole.
TEST_F(AbiRequests, PointersHaveTheKernelsBits) {
  constexpr std::uint64_t above = std::uint64_t{1} << 63;
  std::vector<std::uint64_t> room(8192);
  std::uint32_t id = counter("stats");
  for (const unsigned long command :
       {PERCPU_SCOPE_LIST_CPUS, PERCPU_SCOPE_LIST_CONTEXTS, PERCPU_SCOPE_LIST_VARIANTS,
        PERCPU_SCOPE_LIST_KINDS, PERCPU_SCOPE_LIST_FIELDS, PERCPU_SCOPE_LIST_IDIOMS,
        PERCPU_SCOPE_LIST_COUNTERS, PERCPU_SCOPE_LIST_COPIES}) {
    auto request = fresh<percpu_scope_list>();
    request.of = command == PERCPU_SCOPE_LIST_COPIES ? id : 0;
    request.element_size = sizeof(std::uint32_t);
    request.count = static_cast<std::uint32_t>(room.size());
    request.elements = address_of(room.data()) | above;
    EXPECT_EQ(device.call(command, &request), Errno{EFAULT}) << std::hex << command;
    request.count = static_cast<std::uint32_t>(room.size());
    request.elements = address_of(room.data());
    EXPECT_EQ(device.call(command, &request), Errno{}) << std::hex << command;
  }
  const auto take = [&](std::uint64_t id_bits, std::uint64_t record_bits) {
    auto snapshot = fresh<percpu_scope_snapshot>();
    snapshot.count = 1;
    snapshot.ids = address_of(&id) | id_bits;
    snapshot.records = address_of(room.data()) | record_bits;
    snapshot.records_size = room.size() * sizeof(room[0]);
    return device.call(PERCPU_SCOPE_SNAPSHOT, &snapshot);
  };
  EXPECT_EQ(take(0, 0), Errno{});
  EXPECT_EQ(take(above, 0), Errno{EFAULT});
  EXPECT_EQ(take(0, above), Errno{EFAULT});
  percpu_scope_verify verify = good_verify();
  verify.torn_example = address_of(room.data());
  verify.torn_fields = 16;
  EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{});
  verify.torn_example |= above;
  EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{EFAULT});
}

TEST_F(AbiRequests, VerifyMembers) {
  percpu_scope_verify verify = good_verify();
  EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{});
  EXPECT_EQ(verify.done, 5U);
  EXPECT_EQ(verify.outcome, 0U);
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
}

TEST_F(AbiRequests, VerifyOfEachKind) {
  for (const percpu_scope_kind& kind : kinds()) {
    for (const percpu_scope_counter& one : counters()) {
      if (one.kind != kind.kind) continue;
      percpu_scope_verify verify = good_verify();
      verify.counter = one.counter;
      ASSERT_EQ(reset(one.counter), Errno{});
      const bool verifiable = (kind.flags & PERCPU_SCOPE_KIND_VERIFIABLE) != 0;
      EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{verifiable ? 0 : EOPNOTSUPP})
          << text_in(one.name);
      break;
    }
  }
}

// Room for an example of a torn reading is room for all of its fields.
TEST_F(AbiRequests, VerifyRoomForAnExample) {
  std::array<std::uint64_t, 16> example{};
  percpu_scope_verify verify = good_verify();
  std::uint32_t fields = 0;
  for (const percpu_scope_counter& one : counters())
    if (one.counter == verify.counter)
      fields = static_cast<std::uint32_t>(fields_of(one.kind).size());
  ASSERT_GT(fields, 1U);
  for (const std::uint32_t room : {0U, fields - 1}) {
    verify = good_verify();
    verify.torn_example = address_of(example.data());
    verify.torn_fields = room;
    percpu_scope_verify told = verify;
    EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &told), Errno{ENOSPC}) << room;
    verify.torn_fields = fields;
    EXPECT_EQ(std::memcmp(&told, &verify, sizeof(verify)), 0)
        << "the needed room is written back and nothing else";
  }
  for (const std::uint32_t room : {fields, fields + 1}) {
    verify = good_verify();
    verify.torn_example = address_of(example.data());
    verify.torn_fields = room;
    EXPECT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{}) << room;
  }
}

TEST_F(AbiRequests, VerifyAnswersOverwriteWhatWasThere) {
  percpu_scope_verify verify = good_verify();
  verify.outcome = UINT32_MAX;
  verify.done = verify.retries = verify.starved = verify.torn = UINT64_MAX;
  verify.skewed = verify.backward = verify.changed = verify.elapsed_ns = UINT64_MAX;
  ASSERT_EQ(device.call(PERCPU_SCOPE_VERIFY, &verify), Errno{});
  EXPECT_EQ(verify.outcome, 0U);
  EXPECT_EQ(verify.done, 5U);
  EXPECT_EQ(verify.retries + verify.starved + verify.torn + verify.skewed, 0U);
  EXPECT_EQ(verify.backward + verify.changed, 0U);
  EXPECT_NE(verify.elapsed_ns, UINT64_MAX);
}

}  // namespace
}  // namespace percpu_scope::guest
