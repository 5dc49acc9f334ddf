// SPDX-License-Identifier: GPL-2.0-only
//
// Runs the host tests.
#include <gtest/gtest.h>

#include <csignal>

int main(int argc, char** argv) {
  // Under nohup it would be ignored, by what the tests start, too: some send it.
  std::signal(SIGHUP, SIG_DFL);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
