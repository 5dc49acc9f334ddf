// SPDX-License-Identifier: GPL-2.0-only
//
// ModuleLockdown: our module under a lockdown that came after it was loaded. Lockdown is
// not taken back, so this runs in a boot of its own.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

constexpr const char* lockdown_file = "/sys/kernel/security/lockdown";

class ModuleLockdown : public DeviceTest {
 public:
  static void lock_down(const std::string& level) {
    if (read_file(lockdown_file).find('[' + level + ']') == std::string::npos)
      std::ofstream(lockdown_file) << level << std::flush;
    ASSERT_NE(read_file(lockdown_file).find('[' + level + ']'), std::string::npos);
  }
};

// As the kernel's own ways to a kprobe: they show what it does.
TEST_F(ModuleLockdown, KeepsProbesOut) {
  const TemporaryCounter counter(device, {.name = "locked"});
  const Job injecting{.counter = counter.id(),
                      .idiom = catalogue.idiom("control_read_write").id,
                      .updates = 10,
                      .finding = true,
                      .inject = true};
  lock_down("integrity");
  EXPECT_ERRNO(0, device.count_calls(counter.id(), "percpu_scope:pscope_generator_update"));
  EXPECT_ERRNO(0, device.stop_calls(counter.id()));
  EXPECT_EQ(device.hammer(injecting).injected, 10U);
  device.reset(counter.id());

  lock_down("confidentiality");
  EXPECT_ERRNO(EPERM, device.count_calls(counter.id(), "percpu_scope:pscope_generator_update"));
  EXPECT_ERRNO(EPERM, device.count_calls(counter.id(), "no_such_function_anywhere"))
      << "it tells which functions there are";
  EXPECT_ERRNO(EPERM, device.hammer(injecting));
  EXPECT_EQ(sum(counter.id()), 0U) << "a refused job has counted";
  // All else works as ever.
  EXPECT_ERRNO(0, device.reset(counter.id()));
  EXPECT_EQ(device
                .hammer({.counter = counter.id(),
                         .idiom = catalogue.idiom("this_cpu_inc").id,
                         .updates = 100})
                .tally[Context::task],
            100U);
}

}  // namespace
}  // namespace percpu_scope::guest
