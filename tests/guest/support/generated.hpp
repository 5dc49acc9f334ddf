// SPDX-License-Identifier: GPL-2.0-only
//
// Tests whose number depends on what the module knows: read from the device
// before the run, so that each combination is a test with a name of its own.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "support/device_test.hpp"

namespace percpu_scope::guest {

// A suite registers itself by a static object of this type in its file. Without
// a device it becomes one failing test, never none.
class GeneratedSuite {
 public:
  using Generate = void (*)(const Catalogue& catalogue);

  GeneratedSuite(const char* name, Generate generate);
};

// Name must be unique in its suite: letters, digits and '_'.
void add_test(const std::string& suite, const std::string& name, const char* file, int line,
              std::function<void(DeviceTest& test)> body);

// Called once by main().
void generate_tests();

}  // namespace percpu_scope::guest
