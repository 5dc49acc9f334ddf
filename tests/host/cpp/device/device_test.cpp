// SPDX-License-Identifier: GPL-2.0-only
//
// The device: where there is none, where it is another one, and what requests
// become on their way to a module and back.
#include "percpu_scope/device.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <type_traits>
#include <utility>

#include "fake_module.hpp"
#include "percpu_scope/call_counter.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

using samples::FakeModule;

// Counters and probes keep its address.
static_assert(!std::is_move_constructible_v<Device> && !std::is_move_assignable_v<Device>);
static_assert(!std::is_copy_constructible_v<Device> && !std::is_copy_assignable_v<Device>);

TEST(Device, NeedsAFile) {
  try {
    const Device device(Access::read_only, "/nonexistent");
    FAIL() << "there is no such file";
  } catch (const Error& error) {
    EXPECT_EQ(error.operation(), Operation::open_device);
    EXPECT_EQ(error.error_number(), ENOENT);
  }
}

// Nothing is done with what does not say which ABI it speaks.
TEST(Device, AsksWhatItHasOpened) {
  EXPECT_THROW(Device(Access::read_only, "/dev/null"), OtherVersionError);
}

TEST(Device, OtherVersionsAreToldAsSuch) {
  FakeModule module;
  module.answer<percpu_scope_info>(PERCPU_SCOPE_GET_INFO, [](percpu_scope_info& info) {
    info.abi_version = PERCPU_SCOPE_ABI_VERSION + 1;
    return 0;
  });
  try {
    const Device device(module.answers());
    FAIL() << "it speaks another version";
  } catch (const OtherVersionError& error) {
    EXPECT_NE(std::string(error.what()).find("another version of percpu-scope's module"),
              std::string::npos);
    EXPECT_NE(std::string(error.what()).find("ABI version 3"), std::string::npos) << error.what();
  }
}

struct LongerCpu {
  percpu_scope_cpu cpu;
  std::uint64_t news;
};
struct ShorterCpu {
  std::uint32_t cpu;
  std::int32_t node;
};

TEST(Device, ElementsThatHaveGrownAreCutOff) {
  FakeModule module;
  module.list(
      PERCPU_SCOPE_LIST_CPUS,
      std::vector<LongerCpu>{{.cpu = {.cpu = 0, .node = 1, .offset = 2}, .news = UINT64_MAX},
                             {.cpu = {.cpu = 3, .node = -1, .offset = 5}, .news = 1}});
  const std::vector<Cpu> cpus = Device(module.answers()).cpus();
  ASSERT_EQ(cpus.size(), 2U);
  EXPECT_EQ(cpus[1].number, 3U);
  EXPECT_EQ(cpus[1].node, -1);
  EXPECT_EQ(cpus[1].offset, 5U);
}

TEST(Device, WhatElementsLackIsZero) {
  FakeModule module;
  module.list(PERCPU_SCOPE_LIST_CPUS,
              std::vector<ShorterCpu>{{.cpu = 0, .node = 1}, {.cpu = 3, .node = 2}});
  const std::vector<Cpu> cpus = Device(module.answers()).cpus();
  ASSERT_EQ(cpus.size(), 2U);
  EXPECT_EQ(cpus[1].number, 3U);
  EXPECT_EQ(cpus[1].node, 2);
  EXPECT_EQ(cpus[1].offset, 0U);
  EXPECT_FALSE(cpus[1].online);
}

TEST(Device, FetchesListsWhole) {
  FakeModule module;
  std::vector<percpu_scope_cpu> many(1000);
  for (std::uint32_t i = 0; i < many.size(); ++i) many[i].cpu = i;
  module.list(PERCPU_SCOPE_LIST_CPUS, many);
  const std::vector<Cpu> cpus = Device(module.answers()).cpus();
  ASSERT_EQ(cpus.size(), 1000U);
  EXPECT_EQ(cpus.back().number, 999U);
}

// What a list request ends in, whatever else there is.
Channel::Answers instead(const FakeModule& module, int error_number, std::uint32_t count) {
  return [answers = module.answers(), error_number, count](unsigned long command, void* request) {
    if (command != PERCPU_SCOPE_LIST_CPUS) return answers(command, request);
    static_cast<percpu_scope_list*>(request)->count = count;
    return error_number;
  };
}

TEST(Device, ListsThatCannotBeAreRefused) {
  const FakeModule module;
  EXPECT_THROW((void)Device(instead(module, 0, 1'000'000)).cpus(), MalformedError);
  EXPECT_THROW((void)Device(instead(module, ENOSPC, UINT32_MAX)).cpus(), MalformedError);
  EXPECT_TRUE(Device(instead(module, 0, 0)).cpus().empty());
  for (const int error_number : {EPERM, ENOSPC}) {
    // One that is always too long is given up.
    try {
      (void)Device(instead(module, error_number, 0)).cpus();
      FAIL() << "it was refused";
    } catch (const Error& error) {
      EXPECT_EQ(error.operation(), Operation::get_cpus);
      EXPECT_EQ(error.error_number(), error_number);
    }
  }
}

TEST(Device, CountersAreMadeByTheModulesNumbers) {
  FakeModule module;
  percpu_scope_create asked{};
  module.answer<percpu_scope_create>(PERCPU_SCOPE_CREATE, [&](percpu_scope_create& request) {
    asked = request;
    request.counter = 12;
    return 0;
  });
  std::uint32_t destroyed = 0;
  module.answer<percpu_scope_destroy>(PERCPU_SCOPE_DESTROY, [&](percpu_scope_destroy& request) {
    destroyed = request.counter;
    return 0;
  });
  const Device device(module.answers());
  const Create request{
      .name = "mine", .storage = Storage("flows"), .variant = Variant("alloc_newer"), .size = 64};
  EXPECT_EQ(device.create(request), CounterId{12});
  EXPECT_EQ(asked.kind, 7U);
  EXPECT_EQ(asked.variant, 9U);
  EXPECT_EQ(asked.flags, 0U);
  EXPECT_EQ(asked.bytes, 64U);
  EXPECT_STREQ(&asked.name[0], "mine");
  { const OwnedCounter owned(device, request); }
  EXPECT_EQ(asked.flags, PERCPU_SCOPE_CREATE_TEMPORARY);
  EXPECT_EQ(destroyed, 12U);
  try {
    (void)device.create({.name = "x", .storage = Storage("flow")});
    FAIL() << "there is no such storage";
  } catch (const UnknownNameError& error) {
    EXPECT_EQ(error.kind(), "storage");
    EXPECT_EQ(error.known().front(), "flows");
  }
  EXPECT_THROW((void)device.create({.name = "x", .storage = Storage::u64}), UnknownNameError)
      << "nor is there alloc_percpu";
}

TEST(Device, ResetsToAnyStart) {
  FakeModule module;
  percpu_scope_reset asked{};
  module.answer<percpu_scope_reset>(PERCPU_SCOPE_RESET, [&](percpu_scope_reset& request) {
    asked = request;
    return 0;
  });
  const Device device(module.answers());
  device.reset(CounterId{4});
  EXPECT_EQ(asked.counter, 4U);
  EXPECT_EQ(asked.start, 0U);
  EXPECT_EQ(asked.flags, 0U);
  device.reset(CounterId{4}, UINT64_MAX, true);
  EXPECT_EQ(asked.start, UINT64_MAX);
  EXPECT_EQ(asked.flags, PERCPU_SCOPE_RESET_PATTERN);
}

// Of who is in the way, and of who may not be named.
template <typename Call>
std::string in_the_way_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.in_the_way();
  }
  return "not refused";
}

TEST(Device, TellsWhoIsInTheWay) {
  FakeModule module;
  int error_number = EBUSY;
  std::string who = "u64_stats_set in task";
  const auto refuse = [&](auto& request) {
    samples::name(request.in_the_way, who);
    return error_number;
  };
  module.answer<percpu_scope_job>(PERCPU_SCOPE_HAMMER, refuse);
  module.answer<percpu_scope_reset>(PERCPU_SCOPE_RESET, refuse);
  module.answer<percpu_scope_count_calls>(PERCPU_SCOPE_COUNT_CALLS, refuse);
  const Device device(module.answers());
  const auto hammer = [&] { (void)device.hammer({}); };
  EXPECT_EQ(in_the_way_of(hammer), who);
  EXPECT_EQ(in_the_way_of([&] { device.reset(CounterId{1}); }), who);
  EXPECT_EQ(in_the_way_of([&] { device.count_calls(CounterId{1}, "f"); }), who);
  who = std::string(PERCPU_SCOPE_IN_THE_WAY_SIZE, 'w');
  EXPECT_EQ(in_the_way_of(hammer), who) << "the error counts, however its name ends";
  error_number = EINVAL;
  EXPECT_EQ(in_the_way_of(hammer), "") << "of nothing else there is anybody";
}

TEST(Device, HammersAndTells) {
  FakeModule module;
  percpu_scope_job asked{};
  module.answer<percpu_scope_job>(PERCPU_SCOPE_HAMMER, [&](percpu_scope_job& job) {
    asked = job;
    job.tally[0] = 5;
    job.tally[PERCPU_SCOPE_CONTEXTS_MAX - 1] = 2;
    job.ipis = 3;
    job.irq_works = 2;
    job.nested = 9;
    job.migrations = 4;
    job.preemptions = 6;
    job.outcome = PERCPU_SCOPE_OUTCOME_CPU_WENT_DOWN;
    return 0;
  });
  const Device device(module.answers());
  const ContextSet contexts{Context::hardirq, static_cast<Context>(40)};
  JobResult result = device.hammer({.contexts = contexts, .finding = true});
  EXPECT_EQ(asked.contexts, contexts.mask());
  EXPECT_EQ(asked.flags, PERCPU_SCOPE_JOB_FINDING);
  (void)device.hammer({.inject = true});
  EXPECT_EQ(asked.flags, PERCPU_SCOPE_JOB_INJECT);
  (void)device.hammer({.bh_off = true});
  EXPECT_EQ(asked.flags, PERCPU_SCOPE_JOB_BH_OFF);
  EXPECT_EQ(result.issued(), 7U);
  EXPECT_TRUE(result.cpu_went_down);
  EXPECT_FALSE(result.interrupted || result.misplaced);
  result += JobResult(result);
  EXPECT_EQ(result.ipis, 6U);
  EXPECT_EQ(result.irq_works, 4U);
  EXPECT_EQ(result.nested, 18U);
  EXPECT_EQ(result.migrations, 8U);
  EXPECT_EQ(result.preemptions, 12U);
}

TEST(Device, ATornExampleHasTheCountersFields) {
  FakeModule module;
  std::uint64_t torn = 1;
  percpu_scope_verify asked{};
  module.answer<percpu_scope_verify>(PERCPU_SCOPE_VERIFY, [&](percpu_scope_verify& request) {
    asked = request;
    request.torn = torn;
    const auto address = static_cast<std::uintptr_t>(request.torn_example);
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    auto* const example = reinterpret_cast<std::uint64_t*>(address);
    std::fill_n(example, request.torn_fields, 42U);
    return 0;
  });
  const Device device(module.answers());
  EXPECT_EQ(device.verify({.reads = 1, .fields = 7}).torn_example,
            std::vector<std::uint64_t>(7, 42));
  EXPECT_TRUE(device.verify({.reads = 1}).torn_example.empty());
  EXPECT_EQ(asked.torn_example, 0U);
  torn = 0;
  EXPECT_TRUE(device.verify({.reads = 1, .fields = 7}).torn_example.empty());
}

}  // namespace
}  // namespace percpu_scope
