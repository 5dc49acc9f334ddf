// SPDX-License-Identifier: GPL-2.0-only
//
// VarWithoutModule: what pcpu shows of the kernel while our module is gone.
#include "support/module.hpp"
#include "var/var_fixture.hpp"

namespace percpu_scope::guest {
namespace {

// No fixture: the device is not open, so that the module can go.
TEST(VarWithoutModule, TheKernelCanStillBeSeen) {
  if (const std::string why = why_unreadable(); !why.empty()) GTEST_SKIP() << why;
  const ModuleRestorer restorer;
  ASSERT_EQ(run({"var", "read", "percpu_scope::pscope_plain"}).status, 0);
  ASSERT_EQ(unload_module(), Errno{});
  const Ended gone = run({"var", "read", "percpu_scope::pscope_plain"});
  EXPECT_EQ(gone.status, 2);
  EXPECT_NE(gone.err.find("percpu_scope"), std::string::npos) << gone.err;
  EXPECT_EQ(run({"var", "list", "pscope_*", "--names"}).out, "");
  EXPECT_EQ(run({"var", "read", "runqueues.cpu"}).status, 0);
  const Ended doctor = run({"doctor"});
  EXPECT_EQ(doctor.status, 1);
  EXPECT_NE(doctor.out.find("counters DO NOT WORK; variables (pcpu var) work"), std::string::npos)
      << doctor.out;
  EXPECT_NE(doctor.out.find("insmod"), std::string::npos) << doctor.out;
}

}  // namespace
}  // namespace percpu_scope::guest
