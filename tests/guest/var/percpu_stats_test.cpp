// SPDX-License-Identifier: GPL-2.0-only
//
// PercpuStats: our view of the allocator's chunks against the allocator's own, which
// kernels with CONFIG_PERCPU_STATS show (mm/percpu-stats.c).
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "inspect/catalogue/catalogue.hpp"
#include "inspect/kernel/symbols.hpp"
#include "var/var_fixture.hpp"

namespace percpu_scope::guest {
namespace {

constexpr const char* stats_path = "/sys/kernel/debug/percpu_stats";

class PercpuStats : public VarTest {
 public:
  void SetUp() override {
    if (!path_exists(stats_path))
      GTEST_SKIP() << "this kernel is built without CONFIG_PERCPU_STATS";
  }

  // "name : number" lines up to the first chunk's own.
  static std::map<std::string, std::uint64_t> numbers() {
    std::map<std::string, std::uint64_t> found;
    for (const std::vector<std::string>& words : words_of(read_file(stats_path))) {
      if (!words.empty() && words[0] == "Chunk:") break;
      if (words.size() == 3 && words[1] == ":") found[words[0]] = std::stoull(words[2]);
    }
    return found;
  }

  // What the allocator tells of some of its chunks, added up.
  struct Chunks {
    std::uint64_t allocations = 0;
    std::uint64_t free_bytes = 0;
  };
  // The first chunk's, which dynamic allocations share with static variables, and all
  // others'; modules' static variables have one of their own, which is left out.
  static std::array<Chunks, 2> chunks() {
    std::array<Chunks, 2> found;
    Chunks reserved;
    Chunks* at = &reserved;
    std::istringstream text(read_file(stats_path));
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("Chunk")) {
        const bool is_reserved = line.find("Reserved") != std::string::npos;
        at = is_reserved ? &reserved : &found[line.find("First") == std::string::npos ? 1 : 0];
      }
      std::istringstream words(line);
      std::string name;
      std::string colon;
      std::uint64_t value = 0;
      if (!(words >> name >> colon >> value) || colon != ":") continue;
      if (name == "nr_alloc") at->allocations += value;
      if (name == "free_bytes") at->free_bytes += value;
    }
    return found;
  }

  static nlohmann::json part(const nlohmann::json& map, const std::string& name) {
    for (const nlohmann::json& part : map.at("first_chunk"))
      if (part.at("part") == name) return part;
    throw std::runtime_error("the map has no part " + name);
  }
};

TEST_F(PercpuStats, FirstChunkIsAsMapped) {
  if (const std::string why = why_unreadable(); !why.empty()) GTEST_SKIP() << why;
  const std::map<std::string, std::uint64_t> stats = numbers();
  const nlohmann::json map = document({"var", "map"});
  EXPECT_EQ(part(map, "static").at("size"), stats.at("static_size"));
  EXPECT_EQ(part(map, "module reserve").at("size"), stats.at("reserved_size"));
  const nlohmann::json dynamic = part(map, "dynamic, at most");
  EXPECT_EQ(dynamic.at("start"), stats.at("static_size") + stats.at("reserved_size"));
  EXPECT_GE(dynamic.at("size"), stats.at("dyn_size"));
  EXPECT_EQ(dynamic.at("start").get<std::uint64_t>() + dynamic.at("size").get<std::uint64_t>(),
            stats.at("unit_size"));
}

// Others allocate as well, so it is tried until nobody else did.
TEST_F(PercpuStats, EachDynamicCounterIsAnAllocation) {
  constexpr std::uint64_t many = 16;
  const auto allocations = [] { return numbers().at("nr_cur_alloc"); };
  std::string seen;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const std::uint64_t before = allocations();
    std::vector<std::unique_ptr<TemporaryCounter>> made;
    for (std::uint64_t i = 0; i < many; ++i)
      made.push_back(std::make_unique<TemporaryCounter>(
          device, Create{.name = "allocation" + std::to_string(i)}));
    const std::uint64_t during = allocations();
    made.clear();
    const std::uint64_t after = allocations();
    if (during == before + many && after == before) return;
    seen +=
        std::to_string(before) + " " + std::to_string(during) + " " + std::to_string(after) + "\n";
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  FAIL() << "allocations before, with " << many << " counters, and after:\n" << seen;
}

// Our view: a pointer within a unit's length of __per_cpu_start is of the first chunk.
TEST_F(PercpuStats, CountersLieInTheChunksThatTheirPointersSay) {
  constexpr std::uint32_t size = 1024;
  // Without SMP there are no areas (and no __per_cpu_offset), the first chunk lies anywhere,
  // and a pointer is an address: then all chunks together are looked at.
  const std::array names{
      inspect::SymbolName{std::string(inspect::kernel_name), "__per_cpu_start"},
      inspect::SymbolName{std::string(inspect::kernel_name), "__per_cpu_offset"}};
  const inspect::Symbols symbols = inspect::Symbols::load(names);
  const bool areas = symbols.find(names[1]).has_value();
  const std::uint64_t start = symbols.find(names[0]).value_or(0);
  const auto look = [areas] {
    std::array<Chunks, 2> found = chunks();
    if (!areas) {
      found[0].allocations += found[1].allocations;
      found[0].free_bytes += found[1].free_bytes;
      found[1] = {};
    }
    return found;
  };
  const std::uint64_t unit = numbers().at("unit_size");
  std::string seen;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const std::array<Chunks, 2> before = look();
    std::vector<std::unique_ptr<TemporaryCounter>> made;
    std::set<CounterId> ids;
    for (int i = 0; i < 40; ++i) {
      made.push_back(
          std::make_unique<TemporaryCounter>(device, Create{.name = "chunk" + std::to_string(i),
                                                            .variant = Variant::alloc_percpu_sized,
                                                            .size = size}));
      ids.insert(made.back()->id());
    }
    const std::array<Chunks, 2> after = look();
    std::array<std::uint64_t, 2> expected{};
    for (const Counter& counter : device.counters(Addresses::raw))
      if (ids.contains(counter.id))
        ++expected[!areas || counter.percpu_pointer - start < unit ? 0 : 1];
    bool agree = true;
    for (std::size_t i = 0; i < 2; ++i) {
      const std::uint64_t allocations = after[i].allocations - before[i].allocations;
      const auto taken = static_cast<std::int64_t>(before[i].free_bytes - after[i].free_bytes);
      // A chunk that is made meanwhile has bytes that were not there before.
      const bool bytes_agree = taken == static_cast<std::int64_t>(expected[i] * size) || taken < 0;
      agree = agree && allocations == expected[i] && bytes_agree;
      seen += (i == 0 ? "first chunk: " : "others: ") + std::to_string(expected[i]) +
              " counters, " + std::to_string(allocations) + " allocations, " +
              std::to_string(taken) + " bytes\n";
    }
    if (agree) return;
    made.clear();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  FAIL() << seen;
}

}  // namespace
}  // namespace percpu_scope::guest
