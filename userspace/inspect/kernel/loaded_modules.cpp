// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/kernel/loaded_modules.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "inspect/catalogue/catalogue.hpp"

namespace percpu_scope::inspect {
namespace {

std::optional<ino_t> identity(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status.st_ino;
}

}  // namespace

bool is_module_loaded(const std::string& name) {
  std::error_code ignored;
  return name.find('/') == std::string::npos &&
         std::filesystem::exists("/sys/module/" + name + "/initstate", ignored);
}

LoadedModules::LoadedModules(std::string folder) : folder_(std::move(folder)) {}

std::size_t LoadedModules::add(std::string_view module) {
  const auto found = std::find_if(modules_.begin(), modules_.end(),
                                  [&](const Module& one) { return one.name == module; });
  if (found != modules_.end()) return static_cast<std::size_t>(found - modules_.begin());
  Module added{.name = std::string(module), .path = {}, .folder = {}, .loaded = true};
  if (module != kernel_name) {
    added.path = folder_ + '/' + added.name;
    added.folder = identity(added.path);
    added.loaded = added.folder.has_value();
  }
  modules_.push_back(std::move(added));
  return modules_.size() - 1;
}

void LoadedModules::look() {
  for (Module& module : modules_)
    if (module.loaded && !module.path.empty())
      module.loaded = identity(module.path) == module.folder;
}

}  // namespace percpu_scope::inspect
