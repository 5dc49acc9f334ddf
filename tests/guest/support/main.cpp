// SPDX-License-Identifier: GPL-2.0-only
//
// Entry of guest-tests: generates the tests that depend on the module's tables,
// picks the output, runs. No tests here.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string_view>

#include "support/generated.hpp"
#include "support/ktap_listener.hpp"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc > 1) {
    std::cerr << "guest-tests: unknown argument " << argv[1] << "; see --help\n";
    return 2;
  }
  percpu_scope::guest::generate_tests();

  const char* const ktap = std::getenv("PERCPU_SCOPE_KTAP");
  if (ktap != nullptr && std::string_view(ktap) == "1") {
    auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(std::make_unique<percpu_scope::guest::KtapListener>().release());
  }
  const int status = RUN_ALL_TESTS();
  if (::testing::GTEST_FLAG(list_tests)) return status;
  // A filter that nothing passes would be a success to GoogleTest.
  const bool nothing_ran = ::testing::UnitTest::GetInstance()->test_to_run_count() == 0;
  return nothing_ran ? 1 : status;
}
