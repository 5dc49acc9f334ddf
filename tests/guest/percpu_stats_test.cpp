// SPDX-License-Identifier: GPL-2.0-only
//
// PercpuStats: our view of the allocator's chunks against the allocator's own, which
// kernels with CONFIG_PERCPU_STATS show (mm/percpu-stats.c).
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "var_fixture.hpp"

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

}  // namespace
}  // namespace percpu_scope::guest
