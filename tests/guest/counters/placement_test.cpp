// SPDX-License-Identifier: GPL-2.0-only
//
// Placement: where copies lie, what each variant and call promises of it, and
// that a new counter starts from zero.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <set>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

// For all modules together; PERCPU_MODULE_RESERVE, include/linux/percpu.h.
constexpr std::uint64_t module_reserve = 8ULL * 1024;

class Placement : public DeviceTest {
 public:
  void expect_aligned(const Counter& counter) const {
    SCOPED_TRACE(counter.name);
    ASSERT_GT(counter.align, 0U);
    // The alignment of a percpu_counter is the struct's; its parts are an s32 each.
    const std::uint64_t align =
        counter.storage == Storage::percpu_counter ? sizeof(std::int32_t) : counter.align;
    for (const Copy& copy : device.copies(counter.id, Addresses::raw))
      EXPECT_EQ(copy.address % align, 0U) << "CPU " << copy.cpu;
  }

  [[nodiscard]] const Counter* find(Variant variant) const {
    const Counter* found = nullptr;
    for (const Counter& counter : catalogue.counters) {
      if (counter.variant != variant || counter.storage != Storage::u64) continue;
      { EXPECT_EQ(found, nullptr) << "two static counters of " << to_string(variant); }
      found = &counter;
    }
    return found;
  }

  void expect_distance(Storage storage, std::uint64_t distance) const {
    const std::vector<Copy> copies = device.copies(catalogue.static_counter(storage).id);
    ASSERT_EQ(copies.size(), catalogue.cpus.size());
    for (const Copy& copy : copies)
      EXPECT_EQ(copy.address, (copy.cpu - copies[0].cpu) * distance) << "CPU " << copy.cpu;
  }
};

TEST_F(Placement, EachStaticVariantIsThereOnce) {
  for (const Variant variant :
       {Variant::define_per_cpu, Variant::define_per_cpu_shared_aligned,
        Variant::define_per_cpu_aligned, Variant::define_per_cpu_read_mostly})
    EXPECT_NE(find(variant), nullptr) << to_string(variant);
  // Larger pages do not fit into what modules share.
  EXPECT_EQ(find(Variant::define_per_cpu_page_aligned) != nullptr,
            catalogue.info.page_size <= 4096);
  int major = 0;
  int minor = 0;
  ASSERT_EQ(std::sscanf(catalogue.info.release.c_str(), "%d.%d", &major, &minor), 2);
  // DEFINE_PER_CPU_FIRST is gone in 7.3.
  const bool has_first = major < 7 || (major == 7 && minor < 3);
  EXPECT_EQ(find(Variant::define_per_cpu_first) != nullptr, has_first);
}

TEST_F(Placement, EachStorageHasAStaticCounter) {
  std::set<Storage> storages;
  for (const Counter& counter : catalogue.counters) storages.insert(counter.storage);
  EXPECT_EQ(storages.size(), device.kinds().size());
  for (const Kind& kind : device.kinds())
    EXPECT_TRUE(storages.contains(kind.storage)) << to_string(kind.storage);
}

TEST_F(Placement, StaticCopiesAreAligned) {
  for (const Counter& counter : catalogue.counters) expect_aligned(counter);
}

TEST_F(Placement, VariantsAskForTheirAlignment) {
  const std::uint64_t line = catalogue.info.cache_line_size;
  const Counter* const aligned = find(Variant::define_per_cpu_aligned);
  const Counter* const shared = find(Variant::define_per_cpu_shared_aligned);
  ASSERT_TRUE(aligned != nullptr && shared != nullptr);
  EXPECT_EQ(aligned->align, line);
  // Without SMP nothing is shared, and the macro asks for nothing.
  if (catalogue.info.has(PERCPU_SCOPE_FEATURE_SMP)) {
    EXPECT_EQ(shared->align, line);
  }
  const std::uint64_t page = catalogue.info.page_size;
  const Counter* const page_aligned = find(Variant::define_per_cpu_page_aligned);
  if (page_aligned == nullptr) return;
  EXPECT_EQ(page_aligned->align, page);
  for (const Copy& copy : device.copies(page_aligned->id, Addresses::raw))
    EXPECT_EQ(copy.address % page, 0U) << "CPU " << copy.cpu;
}

TEST_F(Placement, PackedArrayIsPacked) {
  expect_distance(Storage::array_packed, sizeof(std::uint64_t));
}

TEST_F(Placement, PaddedArrayHasACacheLineEach) {
  expect_distance(Storage::array_padded, catalogue.info.cache_line_size);
}

TEST_F(Placement, SharedStorageHasNoCopies) {
  for (const Storage storage : {Storage::atomic64, Storage::spinlock})
    EXPECT_TRUE(device.copies(catalogue.static_counter(storage).id).empty()) << to_string(storage);
}

TEST_F(Placement, StaticCountersLieInTheModulesArea) {
  std::uint64_t first = UINT64_MAX;
  std::uint64_t end = 0;
  for (const Counter& counter : device.counters(Addresses::raw)) {
    if (!counter.is_percpu() || counter.origin != Origin::static_) continue;
    first = std::min(first, counter.percpu_pointer);
    end = std::max(end, counter.percpu_pointer + counter.size);
  }
  ASSERT_LT(first, end);
  EXPECT_LE(end - first, module_reserve);
}

TEST_F(Placement, NoTwoCopiesOverlap) {
  const TemporaryCounter one(device, {.name = "overlap-1"});
  const TemporaryCounter large(
      device,
      {.name = "overlap-2", .variant = Variant::alloc_percpu_sized, .size = unit_size, .align = 8});
  struct Extent {
    std::uint64_t begin;
    std::uint64_t end;
    std::string owner;
  };
  std::vector<Extent> extents;
  for (const Counter& counter : device.counters()) {
    if (!counter.is_percpu()) continue;
    for (const Copy& copy : device.copies(counter.id, Addresses::raw))
      extents.push_back({copy.address, copy.address + counter.size,
                         counter.name + " of CPU " + std::to_string(copy.cpu)});
  }
  std::sort(extents.begin(), extents.end(),
            [](const Extent& left, const Extent& right) { return left.begin < right.begin; });
  for (std::size_t i = 1; i < extents.size(); ++i)
    EXPECT_LE(extents[i - 1].end, extents[i].begin)
        << extents[i - 1].owner << " and " << extents[i].owner;
}

TEST_F(Placement, DynamicAlignmentsAndSizes) {
  for (std::uint64_t align = 8; align <= catalogue.info.page_size; align *= 2) {
    for (const std::uint64_t size : {std::uint64_t{8}, align, std::uint64_t{4097}, unit_size}) {
      SCOPED_TRACE(std::to_string(size) + " bytes aligned to " + std::to_string(align));
      const TemporaryCounter counter(
          device,
          {.name = "placed", .variant = Variant::alloc_percpu_sized, .size = size, .align = align});
      const Counter described = describe(counter.id());
      EXPECT_EQ(described.size, size);
      EXPECT_EQ(described.align, align);
      expect_aligned(described);
    }
  }
}

TEST_F(Placement, CopiesLieOnTheirCpusNode) {
  const TemporaryCounter dynamic(device, {.name = "node", .storage = Storage::u64_stats});
  for (const Counter& counter : device.counters()) {
    if (!counter.is_percpu()) continue;
    for (const Copy& copy : device.copies(counter.id))
      EXPECT_EQ(copy.node, catalogue.cpus.at(catalogue.place_of(copy.cpu)).node)
          << counter.name << " of CPU " << copy.cpu;
  }
}

TEST_F(Placement, ReusedMemoryStartsFromZero) {
  std::set<std::uint64_t> used;
  int reused = 0;
  for (int round = 0; round < 64; ++round) {
    for (const Storage storage :
         {Storage::u64, Storage::local64, Storage::u64_stats, Storage::seqcount}) {
      const TemporaryCounter counter(device, {.name = "reused", .storage = storage});
      reused +=
          used.insert(device.copies(counter.id(), Addresses::raw).at(0).address).second ? 0 : 1;
      const std::array ids{counter.id()};
      const Snapshot snapshot = device.snapshot(ids);
      for (const std::uint64_t value : snapshot.record(counter.id()).values)
        ASSERT_EQ(value, 0U) << to_string(storage) << " in round " << round;
      for (const std::uint32_t cpu : catalogue.online)
        (void)hammer_on(
            device, cpu,
            {.counter = counter.id(), .idiom = catalogue.idiom_for(storage).id, .updates = 3});
      EXPECT_EQ(sum(counter.id()), 3 * catalogue.online.size());
    }
  }
  EXPECT_GT(reused, 0) << "INCONCLUSIVE: the allocator never gave the same memory again";
}

}  // namespace
}  // namespace percpu_scope::guest
