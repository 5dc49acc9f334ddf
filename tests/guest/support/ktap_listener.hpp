// SPDX-License-Identifier: GPL-2.0-only
//
// Reports a run of GoogleTest as KTAP on stdout, and prints nothing else.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace percpu_scope::guest {

// One line per test as it ends, flushed, after its failures, its skip's reason
// and its recorded properties as diagnostics:
//   # name value
//   ok 3 Suite.Test
class KtapListener : public ::testing::EmptyTestEventListener {
 public:
  void OnTestProgramStart(const ::testing::UnitTest& program) override;
  void OnTestStart(const ::testing::TestInfo& test) override;
  void OnTestPartResult(const ::testing::TestPartResult& part) override;
  void OnTestEnd(const ::testing::TestInfo& test) override;

 private:
  void diagnose(std::string_view text);

  int number_ = 0;
  std::string skip_reason_;
  std::vector<std::string> diagnostics_;
};

}  // namespace percpu_scope::guest
