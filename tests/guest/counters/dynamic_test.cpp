// SPDX-License-Identifier: GPL-2.0-only
//
// Dynamic: counters made and destroyed at run time, what is refused, and that
// nothing is left of them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <barrier>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::array calls{Variant::alloc_percpu, Variant::alloc_percpu_sized,
                           Variant::alloc_percpu_gfp};

class Dynamic : public DeviceTest {
 public:
  Dynamic() {
    for (const Kind& kind : device.kinds())
      if (kind.is_dynamic()) storages.push_back(kind.storage);
  }

  // Refused, or made and destroyed at once.
  [[nodiscard]] Errno attempt(const Create& request) const {
    return errno_of([&] { device.destroy(device.create(request)); });
  }
  [[nodiscard]] Errno named(const std::string& name) const { return attempt(Create{.name = name}); }

  // Of which counters can be made.
  std::vector<Storage> storages;
};

TEST_F(Dynamic, EveryCallMakesEveryStorage) {
  for (const Variant variant : calls) {
    for (const Storage storage : storages) {
      SCOPED_TRACE(std::string(to_string(variant)) + " of " + std::string(to_string(storage)));
      const TemporaryCounter made(device,
                                  {.name = "dynamic", .storage = storage, .variant = variant});
      const Counter counter = describe(made.id());
      const Counter& like = catalogue.static_counter(storage);
      EXPECT_EQ(counter.name, "dynamic");
      EXPECT_EQ(counter.origin, Origin::dynamic);
      EXPECT_EQ(counter.variant, variant);
      EXPECT_EQ(counter.storage, storage);
      EXPECT_EQ(counter.size, like.size);
      // Which chunk it is given is the allocator's business.
      EXPECT_EQ(counter.flags & ~PERCPU_SCOPE_COUNTER_APART, like.flags);
      ASSERT_EQ(counter.fields.size(), like.fields.size());
      EXPECT_TRUE(path_exists(std::string(default_debugfs_path) + "/counter/dynamic/values"));

      for (const Idiom& idiom : catalogue.idioms) {
        if (!idiom.fits(counter) || idiom.is_control()) continue;
        device.reset(counter.id);
        const HammerResult result = hammer_on_cpus(
            device,
            {.counter = counter, .idiom = idiom, .cpus = catalogue.online, .updates = 2000});
        EXPECT_TRUE(result.exact()) << idiom.name;
      }
      device.destroy(made.id());
      EXPECT_FALSE(exists(made.id()));
      EXPECT_FALSE(path_exists(std::string(default_debugfs_path) + "/counter/dynamic"));
      const std::array ids{made.id()};
      EXPECT_ERRNO(ENOENT, device.snapshot(ids));
      EXPECT_ERRNO(ENOENT, device.destroy(made.id()));
      EXPECT_ERRNO(ENOENT, device.reset(made.id()));
      EXPECT_ERRNO(ENOENT, device.copies(made.id()));
    }
  }
}

TEST_F(Dynamic, TenThousandLeaveNoMemoryBehind) {
  const auto make_one = [this](int i) {
    const Storage storage = storages[static_cast<std::size_t>(i) % storages.size()];
    const Variant variant = calls[static_cast<std::size_t>(i / 4) % calls.size()];
    Create request{.name = "cycle", .storage = storage, .variant = variant};
    // Small and large ones, so that chunks come and go, too.
    if (variant == Variant::alloc_percpu_sized && i % 16 == 4) request.size = unit_size;
    device.destroy(device.create(request));
  };
  // The allocator keeps one free chunk and a few populated pages in reserve:
  // the first rounds may add those, and they stay (mm/percpu.c).
  for (int i = 0; i < 500; ++i) make_one(i);
  // It gives pages back in a work item, not at once.
  std::uint64_t start = percpu_kilobytes();
  EXPECT_TRUE(eventually([&] {
    const std::uint64_t before = start;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    start = percpu_kilobytes();
    return start == before;
  }));
  for (int i = 0; i < 10'000; ++i) make_one(i);
  std::uint64_t end = 0;
  EXPECT_TRUE(
      eventually([&] { return (end = percpu_kilobytes()) <= start; }, std::chrono::seconds(5)));
  RecordProperty("Percpu_kB", std::to_string(start) + " before, " + std::to_string(end) + " after");
  EXPECT_LE(end, start);
}

TEST_F(Dynamic, NamesThatAreRefused) {
  EXPECT_EQ(named(""), Errno{EINVAL});
  EXPECT_EQ(named(std::string(31, 'n')), Errno{0});
  EXPECT_EQ(named(std::string(32, 'n')), Errno{ENAMETOOLONG});
  for (const char* const name : {".", "..", ".hidden", "-dash", "a/b", "../a", "a b", "a\n", "a%s"})
    EXPECT_EQ(named(name), Errno{EINVAL}) << name;
  for (const char* const name : {"_", "a-b.c_d", "0", "Z9", "a..b"})
    EXPECT_EQ(named(name), Errno{0}) << name;
}

TEST_F(Dynamic, NamesWithANulInThem) {
  for (const std::string& name : {std::string("a\0b", 3), std::string("a\0\0b", 4),
                                  std::string("\0b", 2), "a" + std::string(30, '\0') + "b"})
    EXPECT_EQ(named(name), Errno{EINVAL}) << name.size() << " bytes";
  // All NULs are one.
  EXPECT_EQ(named(std::string("a\0\0", 3)), Errno{0});
}

TEST_F(Dynamic, EveryByteOfANameIsChecked) {
  const std::string allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  for (int byte = 1; byte < 256; ++byte) {
    const char letter = static_cast<char>(byte);
    const bool good = allowed.find(letter) != std::string::npos;
    const bool good_first = good && letter != '-' && letter != '.';
    EXPECT_EQ(named(std::string("a") + letter), Errno{good ? 0 : EINVAL}) << "byte " << byte;
    EXPECT_EQ(named(std::string(1, letter)), Errno{good_first ? 0 : EINVAL}) << "byte " << byte;
  }
}

TEST_F(Dynamic, NamesThatAreTaken) {
  for (const Counter& counter : catalogue.counters)
    EXPECT_EQ(named(counter.name), Errno{EEXIST}) << counter.name;
  {
    const TemporaryCounter taken(device, {.name = "taken"});
    EXPECT_EQ(named("taken"), Errno{EEXIST});
    EXPECT_EQ(attempt({.name = "taken", .storage = Storage::seqcount}), Errno{EEXIST});
    EXPECT_EQ(named("Taken"), Errno{0});
  }
  EXPECT_EQ(named("taken"), Errno{0});
}

TEST_F(Dynamic, TwoThatAskForANameAtOnce) {
  constexpr int rounds = 300;
  std::array<int, 2> made{};
  std::array<int, 2> refused{};
  std::barrier round(2);
  const auto contend = [&](std::size_t who) {
    for (int i = 0; i < rounds; ++i) {
      round.arrive_and_wait();
      CounterId id{};
      const Errno error = errno_of([&] { id = device.create({.name = "contended"}); });
      made[who] += error == Errno{0} ? 1 : 0;
      refused[who] += error == Errno{EEXIST} ? 1 : 0;
      round.arrive_and_wait();
      if (error == Errno{0}) device.destroy(id);
    }
  };
  std::thread other(contend, 1);
  contend(0);
  other.join();
  EXPECT_EQ(made[0] + made[1], rounds);
  EXPECT_EQ(refused[0] + refused[1], rounds);
}

TEST_F(Dynamic, SizesAndAlignmentsThatAreRefused) {
  const auto sized = [this](Storage storage, std::uint64_t size, std::uint64_t align) {
    return attempt({.name = "sized",
                    .storage = storage,
                    .variant = Variant::alloc_percpu_sized,
                    .size = size,
                    .align = align});
  };
  const std::uint64_t page = catalogue.info.page_size;
  for (const Storage storage : storages) {
    SCOPED_TRACE(to_string(storage));
    const Counter& like = catalogue.static_counter(storage);
    EXPECT_EQ(sized(storage, 0, 0), Errno{0});
    EXPECT_EQ(sized(storage, like.size, 0), Errno{0});
    EXPECT_EQ(sized(storage, like.size - 1, 0), Errno{EINVAL});
    EXPECT_EQ(sized(storage, 1, 0), Errno{EINVAL});
    EXPECT_EQ(sized(storage, unit_size, 0), Errno{0});
    EXPECT_EQ(sized(storage, unit_size + 1, 0), Errno{EINVAL});
    EXPECT_EQ(sized(storage, std::uint64_t{1} << 32 | like.size, 0), Errno{EINVAL});
    EXPECT_EQ(sized(storage, UINT64_MAX, 0), Errno{EINVAL});
    EXPECT_EQ(sized(storage, 0, page), Errno{0});
    EXPECT_EQ(sized(storage, 0, 2 * page), Errno{EINVAL});
    EXPECT_EQ(sized(storage, 0, 1), Errno{EINVAL});
    EXPECT_EQ(sized(storage, 0, 24), Errno{EINVAL}) << "not a power of two";
    EXPECT_EQ(sized(storage, 0, std::uint64_t{1} << 32), Errno{EINVAL});
    EXPECT_EQ(sized(storage, 0, UINT64_MAX), Errno{EINVAL});
    // The other calls take both from the type.
    for (const Variant variant : {Variant::alloc_percpu, Variant::alloc_percpu_gfp}) {
      Create request{.name = "typed", .storage = storage, .variant = variant, .size = like.size};
      EXPECT_EQ(attempt(request), Errno{0});
      request.size = like.size + 8;
      EXPECT_EQ(attempt(request), Errno{EINVAL});
      request.size = 0;
      request.align = page;
      EXPECT_EQ(attempt(request), Errno{EINVAL});
    }
  }
}

TEST_F(Dynamic, WhatCannotBeDynamic) {
  std::size_t refused = 0;
  for (const Kind& kind : device.kinds()) {
    if ((kind.flags & PERCPU_SCOPE_KIND_DYNAMIC) != 0) continue;
    EXPECT_EQ(attempt({.name = "ordinary", .storage = kind.storage}), Errno{EOPNOTSUPP})
        << to_string(kind.storage);
    ++refused;
  }
  EXPECT_GE(refused, 5U) << "atomic64_t, a spinlock, two arrays, struct percpu_counter";
  refused = 0;
  for (const VariantDescription& one : device.variants()) {
    if (one.creates()) continue;
    EXPECT_EQ(attempt({.name = "static", .variant = one.variant}), Errno{EOPNOTSUPP})
        << to_string(one.variant);
    ++refused;
  }
  EXPECT_GE(refused, 5U) << "the macros, and what is no per-CPU memory";
}

TEST_F(Dynamic, TheirNumberIsBounded) {
  const std::uint32_t most = catalogue.info.dynamic_counters_max;
  ASSERT_GT(most, catalogue.info.dynamic_counters);
  std::vector<std::unique_ptr<TemporaryCounter>> made;
  for (std::uint32_t i = catalogue.info.dynamic_counters; i < most; ++i)
    made.push_back(
        std::make_unique<TemporaryCounter>(device, Create{.name = "bound-" + std::to_string(i)}));
  EXPECT_EQ(device.info().dynamic_counters, most);
  EXPECT_EQ(device.counters().size(), device.info().counters);
  EXPECT_EQ(named("one-more"), Errno{EDQUOT});
  EXPECT_FALSE(path_exists(std::string(default_debugfs_path) + "/counter/one-more"));
  made.pop_back();
  EXPECT_EQ(named("one-more"), Errno{0});
}

TEST_F(Dynamic, IdsAreNeverUsedAgain) {
  std::int64_t last = -1;
  for (const Counter& counter : catalogue.counters)
    last = std::max(last, static_cast<std::int64_t>(counter.id));
  for (int i = 0; i < 100; ++i) {
    const CounterId id = device.create({.name = "again"});
    EXPECT_GT(static_cast<std::int64_t>(id), last);
    last = static_cast<std::int64_t>(id);
    device.destroy(id);
  }
}

TEST_F(Dynamic, StaticCountersStay) {
  for (const Counter& counter : catalogue.counters)
    EXPECT_ERRNO(EPERM, device.destroy(counter.id)) << counter.name;
  EXPECT_EQ(device.counters().size(), catalogue.counters.size());
}

TEST_F(Dynamic, DestroyedWhileHammered) {
  constexpr std::uint64_t updates = 20'000'000;
  const TemporaryCounter counter(device, {.name = "hammered"});
  BackgroundJob job(device, catalogue.online.back(),
                    {.counter = counter.id(),
                     .idiom = catalogue.idiom("this_cpu_inc").id,
                     .updates = updates,
                     .contexts = {Context::hardirq},
                     .period = std::chrono::microseconds(100)});
  ASSERT_TRUE(job.counts());
  device.destroy(counter.id());
  EXPECT_FALSE(exists(counter.id()));
  // Its name is free while the job still has the memory, which the bound counts.
  EXPECT_EQ(device.info().dynamic_counters, catalogue.info.dynamic_counters + 1);
  const TemporaryCounter successor(device, {.name = "hammered"});
  const JobResult result = job.result();
  EXPECT_EQ(device.info().dynamic_counters, catalogue.info.dynamic_counters + 1) << "the successor";
  EXPECT_EQ(result.tally[Context::task], updates);
  EXPECT_GT(result.tally[Context::hardirq], 0U);
  EXPECT_FALSE(result.interrupted);
  EXPECT_EQ(sum(successor.id()), 0U) << "it was given memory that was still in use";
}

TEST_F(Dynamic, ResetIsRefusedWhileHammered) {
  const TemporaryCounter counter(device, {.name = "busy", .storage = Storage::seqcount});
  const CounterId other = catalogue.static_counter(Storage::seqcount).id;
  BackgroundJob job(device, catalogue.online.back(),
                    {.counter = counter.id(),
                     .idiom = catalogue.idiom("write_seqcount").id,
                     .updates = UINT64_MAX});
  ASSERT_TRUE(job.counts());
  try {
    device.reset(counter.id());
    ADD_FAILURE() << "it was reset under a job";
  } catch (const Error& error) {
    EXPECT_EQ(Errno{error.error_number()}, Errno{EBUSY});
    EXPECT_EQ(error.in_the_way(), "write_seqcount in task");
  }
  EXPECT_ERRNO(0, device.reset(other));
  job.interrupt();
  const JobResult result = job.result();
  EXPECT_EQ(sum(counter.id()), result.tally.total());
  EXPECT_ERRNO(0, device.reset(counter.id()));
  for (std::size_t field = 0; field < describe(counter.id()).fields.size(); ++field)
    EXPECT_EQ(sum(counter.id(), field), 0U);
}

TEST_F(Dynamic, OpenDebugfsFilesOutliveTheirCounter) {
  const TemporaryCounter counter(device, {.name = "shown"});
  const std::string path = std::string(default_debugfs_path) + "/counter/shown/values";
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(file);
  device.destroy(counter.id());
  std::array<char, 64> buffer{};
  EXPECT_EQ(::read(file.number(), buffer.data(), buffer.size()), -1);
  EXPECT_EQ(Errno{errno}, Errno{EIO});
}

}  // namespace
}  // namespace percpu_scope::guest
