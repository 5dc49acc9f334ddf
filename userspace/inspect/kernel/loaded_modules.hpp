// SPDX-License-Identifier: GPL-2.0-only
//
// Are modules still those that were found loaded? What is read at a variable's
// address after its module has gone is whatever lies there then. Nothing is read here.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace percpu_scope::inspect {

// Is a module of this name loaded? What is built in may have a folder below /sys/module,
// too, but no state.
bool is_module_loaded(const std::string& name);

class LoadedModules {
 public:
  explicit LoadedModules(std::string folder = "/sys/module");

  // Its place, the same each time; kernel_name stands for what is always there. Whether
  // it is loaded is asked the first time.
  std::size_t add(std::string_view module);

  // Ask anew: a system call for each module. A module's folder goes before its per-CPU
  // memory does, so that what was read before is good if it is still loaded.
  void look();
  // False from the look on that found it gone, even if it has been loaded again: then
  // its variables lie elsewhere.
  [[nodiscard]] bool is_loaded(std::size_t module) const { return modules_[module].loaded; }
  [[nodiscard]] const std::string& name(std::size_t module) const { return modules_[module].name; }

 private:
  struct Module {
    std::string name;
    std::string path;             // empty: the kernel itself
    std::optional<ino_t> folder;  // another one if it is loaded again
    bool loaded;
  };

  std::string folder_;
  std::vector<Module> modules_;
};

}  // namespace percpu_scope::inspect
