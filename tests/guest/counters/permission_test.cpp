// SPDX-License-Identifier: GPL-2.0-only
//
// Permission: who may open the device, and that no kernel address comes to
// anyone who may not see it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/stat.h>

#include <cctype>
#include <set>
#include <string>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

constexpr const char* kptr_restrict = "/proc/sys/kernel/kptr_restrict";

// The device's mode, put back when the test ends.
class DeviceMode {
 public:
  explicit DeviceMode(mode_t mode) {
    struct stat status {};
    EXPECT_EQ(::stat(default_device_path, &status), 0);
    before_ = status.st_mode & 07777;
    EXPECT_EQ(::chmod(default_device_path, mode), 0);
  }
  DeviceMode(const DeviceMode&) = delete;
  DeviceMode& operator=(const DeviceMode&) = delete;
  DeviceMode(DeviceMode&&) = delete;
  DeviceMode& operator=(DeviceMode&&) = delete;
  ~DeviceMode() { EXPECT_EQ(::chmod(default_device_path, before_), 0); }

 private:
  mode_t before_ = 0;
};

void expect_no_addresses(const Device& device) {
  EXPECT_FALSE(device.info().has(PERCPU_SCOPE_FEATURE_RAW));
  EXPECT_ERRNO(EPERM, device.cpus(Addresses::raw));
  EXPECT_ERRNO(EPERM, device.counters(Addresses::raw));
  for (const Counter& counter : device.counters())
    EXPECT_ERRNO(EPERM, device.copies(counter.id, Addresses::raw)) << counter.name;
}

void expect_addresses(const Device& device) {
  EXPECT_TRUE(device.info().has(PERCPU_SCOPE_FEATURE_RAW));
  EXPECT_ERRNO(0, device.cpus(Addresses::raw));
  EXPECT_ERRNO(0, device.counters(Addresses::raw));
  EXPECT_ERRNO(0, device.copies(device.counters().front().id, Addresses::raw));
}

void expect_debugfs(bool shows_raw) {
  for (const DebugfsOffset& offset : Debugfs().offsets())
    EXPECT_EQ(offset.raw.has_value(), shows_raw);
  const auto lines = words_of(Debugfs().read("counter/plain/copies"));
  ASSERT_GE(lines.size(), 2U);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    ASSERT_EQ(lines[i].size(), 4U);
    EXPECT_EQ(lines[i][3] != "-", shows_raw) << lines[i][3];
  }
}

// What an unprivileged reader gets is apart as raw numbers are, no more.
void expect_layout(const Device& device) {
  const std::vector<Cpu> cpus = device.cpus();
  EXPECT_EQ(cpus.at(0).offset, 0U);
  const std::uint32_t bits = device.info().bits_per_long;
  for (const Counter& counter : device.counters()) {
    const std::vector<Copy> copies = device.copies(counter.id);
    if (copies.empty()) continue;
    { EXPECT_EQ(copies[0].address, 0U) << counter.name; }
    if (!counter.is_percpu()) continue;
    { EXPECT_LT(counter.percpu_pointer, 8192U) << "not a distance within the module"; }
    for (std::size_t i = 0; i < cpus.size(); ++i)
      EXPECT_EQ(percpu_pointer_from(copies[i].address, cpus[i].offset, bits), 0U) << counter.name;
  }
}

class Permission : public DeviceTest {};

TEST_F(Permission, DeviceIsRootsAlone) {
  struct stat status {};
  ASSERT_EQ(::stat(default_device_path, &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_EQ(status.st_uid, 0U);
  in_child([] {
    become_nobody();
    for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR})
      EXPECT_EQ(open_errno(default_device_path, flags), Errno{EACCES}) << flags;
    EXPECT_ERRNO(EACCES, Device(Access::read_only));
  });
}

TEST_F(Permission, WidenedDeviceShowsNoAddresses) {
  const DeviceMode widened(0666);
  const Sysctl shown(kptr_restrict, "0");
  in_child([] {
    become_nobody();
    const Device device(Access::read_only);
    expect_no_addresses(device);
    expect_layout(device);
    // A reader all the same.
    std::vector<CounterId> ids;
    for (const Counter& counter : device.counters()) ids.push_back(counter.id);
    EXPECT_EQ(device.snapshot(ids).records().size(), ids.size());
    EXPECT_ERRNO(EBADF, device.reset(ids.front()));
  });
}

TEST_F(Permission, DebugfsIsClosedToOthers) {
  in_child([] {
    become_nobody();
    for (const char* const file :
         {"", "/info", "/counters", "/values", "/offsets", "/idioms", "/counter/plain/copies"})
      EXPECT_EQ(open_errno(std::string(default_debugfs_path) + file, O_RDONLY), Errno{EACCES})
          << file;
  });
}

TEST_F(Permission, DebugfsIsForReading) {
  for (const char* const file : {"/info", "/counters", "/values", "/offsets", "/idioms",
                                 "/counter/plain/values", "/counter/plain/copies"}) {
    struct stat status {};
    ASSERT_EQ(::stat((std::string(default_debugfs_path) + file).c_str(), &status), 0) << file;
    EXPECT_EQ(status.st_mode & 07777, 0444U) << file;
  }
}

TEST_F(Permission, RootSeesAddresses) {
  for (const char* const level : {"0", "1"}) {
    const Sysctl shown(kptr_restrict, level);
    expect_addresses(device);
    expect_debugfs(true);
  }
}

TEST_F(Permission, RootWithoutCapSyslogSeesNone) {
  const Sysctl shown(kptr_restrict, "0");
  in_child([] {
    drop_capability(CAP_SYSLOG);
    const Device device(Access::read_write);
    expect_no_addresses(device);
    expect_layout(device);
    expect_debugfs(false);
  });
}

TEST_F(Permission, OpenerDecidesAndNotTheUser) {
  const Sysctl shown(kptr_restrict, "0");
  in_child([this] {
    drop_capability(CAP_SYSLOG);
    // Opened by root and handed on, as a daemon may do.
    expect_addresses(device);
  });
  const DeviceMode widened(0666);
  in_child([] {
    become_nobody();
    expect_no_addresses(Device(Access::read_only));
  });
}

TEST_F(Permission, AtOneTheUserIsAskedToo) {
  const Sysctl shown(kptr_restrict, "1");
  in_child([this] {
    expect_addresses(device);
    drop_capability(CAP_SYSLOG);
    expect_no_addresses(device);
  });
}

TEST_F(Permission, KptrRestrictHidesThemFromRoot) {
  const Sysctl hidden(kptr_restrict, "2");
  expect_no_addresses(device);
  expect_no_addresses(Device(Access::read_only));
  expect_layout(device);
  expect_debugfs(false);
}

TEST_F(Permission, KernelLogHasNoAddress) {
  const std::string log = kernel_log();
  ASSERT_FALSE(log.empty());
  const std::size_t digits = catalogue.info.bits_per_long / 4;
  std::size_t ours = 0;
  for (const std::vector<std::string>& line : words_of(log)) {
    std::string text;
    for (const std::string& word : line) text += word + " ";
    if (text.find("percpu_scope") == std::string::npos && text.find("pscope") == std::string::npos)
      continue;
    ++ours;
    std::size_t run = 0;
    for (const char letter : text) {
      run = std::isxdigit(static_cast<unsigned char>(letter)) != 0 ? run + 1 : 0;
      EXPECT_LT(run, digits) << text;
    }
  }
  EXPECT_GT(ours, 0U) << "INCONCLUSIVE: not even the line on loading it is left";
  // Nor any line that has one of its addresses.
  for (const Counter& counter : catalogue.counters) {
    for (const Copy& copy : device.copies(counter.id, Addresses::raw)) {
      std::array<char, 32> hexadecimal{};
      std::snprintf(hexadecimal.data(), hexadecimal.size(), "%llx",
                    static_cast<unsigned long long>(copy.address));
      EXPECT_EQ(log.find(hexadecimal.data()), std::string::npos) << counter.name;
    }
  }
}

}  // namespace
}  // namespace percpu_scope::guest
