// SPDX-License-Identifier: GPL-2.0-only
//
// Taking CPUs down and up, in a folder that looks like sysfs.
#include "percpu_scope/prove/hotplug.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

class Hotplug : public testing::Test {
 protected:
  void SetUp() override {
    add_cpu("cpu0");
    for (const char* cpu : {"cpu1", "cpu2"}) add_cpu(cpu, "1");
    set_list("0-2");
  }
  // `online`: what its file says, if it has one.
  void add_cpu(const char* cpu, const char* online = nullptr) const {
    std::filesystem::create_directories(root / cpu);
    if (online != nullptr) std::ofstream(root / cpu / "online") << online;
  }
  void set_list(const char* cpus) const { std::ofstream(root / "online") << cpus << '\n'; }
  void TearDown() override { std::filesystem::remove_all(root); }

  [[nodiscard]] char state(const char* cpu) const {
    return static_cast<char>(std::ifstream(root / cpu / "online").get());
  }

  const std::filesystem::path root =
      std::filesystem::path(testing::TempDir()) / ("cpus-" + std::to_string(::getpid()));
};

TEST_F(Hotplug, TheBootCpuHasNoFile) {
  EXPECT_EQ(offlinable_cpus(root), (std::vector<std::uint32_t>{1, 2}));
  std::ofstream(root / "cpu2" / "online") << "0";
  EXPECT_EQ(offlinable_cpus(root), std::vector<std::uint32_t>{1});
  EXPECT_TRUE(offlinable_cpus(root / "nowhere").empty());
}

// As where a socket is not plugged in, or on POWER with fewer threads than a core has.
TEST_F(Hotplug, NumbersHaveGaps) {
  add_cpu("cpu7", "1");
  add_cpu("cpu300", "1");
  add_cpu("cpu301", "0");
  set_list("0-2,7,300");
  EXPECT_EQ(offlinable_cpus(root), (std::vector<std::uint32_t>{1, 2, 7, 300}));
  set_list("7,300");
  EXPECT_EQ(offlinable_cpus(root), (std::vector<std::uint32_t>{7, 300}));
}

TEST_F(Hotplug, ComesBackWhateverHappens) {
  try {
    const OfflineCpu offline(1, root);
    EXPECT_EQ(state("cpu1"), '0');
    throw std::runtime_error("something else");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(state("cpu1"), '1');
  }
}

TEST_F(Hotplug, NoFileIsAnError) {
  try {
    const OfflineCpu offline(0, root);
    FAIL() << "CPU 0 cannot go offline";
  } catch (const Error& error) {
    EXPECT_EQ(error.operation(), Operation::hotplug);
    EXPECT_EQ(error.error_number(), ENOENT);
  }
}

TEST_F(Hotplug, AfterAStormAllAreOnline) {
  HotplugStorm storm({1, 2}, 1, root);
  while (storm.cycles() < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  storm.stop();
  EXPECT_EQ(state("cpu1"), '1');
  EXPECT_EQ(state("cpu2"), '1');
}

TEST_F(Hotplug, AStormTellsWhatEndedIt) {
  HotplugStorm storm({0}, 1, root);
  EXPECT_THROW(
      {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        storm.stop();
      },
      Error);
}

}  // namespace
}  // namespace percpu_scope
