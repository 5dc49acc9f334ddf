// SPDX-License-Identifier: GPL-2.0-only
//
// Runs the host tests.
#include <gtest/gtest.h>

#include <csignal>

int main(int argc, char** argv) {
  // Under nohup, or in the background of a script, some would be ignored, by what the
  // tests start, too: they send them.
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) std::signal(number, SIG_DFL);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
