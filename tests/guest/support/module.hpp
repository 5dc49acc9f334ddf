// SPDX-License-Identifier: GPL-2.0-only
//
// Loading and unloading the module from a test.
#pragma once

#include <string>

#include "support/support.hpp"

namespace percpu_scope::guest {

// Of the file that the environment's PERCPU_SCOPE_MODULE names, which the
// guest's init sets; finit_module(2). 0 or the errno.
Errno load_module(const std::string& parameters = {});
// Any module: one of the kernel's own that the target's file names lies in stock_modules.
inline constexpr const char* stock_modules = "/lib/percpu_scope/stock/";
Errno load_module_file(const std::string& path, const std::string& parameters = {});
// delete_module(2), not waiting for users to go. 0 or the errno.
Errno unload_module();
Errno unload_module(const std::string& module);
bool module_is_loaded();

// The module is there, with its default parameters, when a test ends.
class ModuleRestorer {
 public:
  ModuleRestorer() = default;
  ModuleRestorer(const ModuleRestorer&) = delete;
  ModuleRestorer& operator=(const ModuleRestorer&) = delete;
  ModuleRestorer(ModuleRestorer&&) = delete;
  ModuleRestorer& operator=(ModuleRestorer&&) = delete;
  ~ModuleRestorer();
};

}  // namespace percpu_scope::guest
