// SPDX-License-Identifier: GPL-2.0-only
//
// Taking CPUs down and up, in a folder that looks like sysfs.
#include "percpu_scope/hotplug.hpp"

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
    std::filesystem::create_directories(root / "cpu0");
    for (const char* cpu : {"cpu1", "cpu2"}) {
      std::filesystem::create_directories(root / cpu);
      std::ofstream(root / cpu / "online") << "1";
    }
  }
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
    EXPECT_FALSE(error.remedy().empty());
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
