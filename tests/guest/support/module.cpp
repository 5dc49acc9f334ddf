// SPDX-License-Identifier: GPL-2.0-only
//
// The system calls behind insmod and rmmod.
#include "support/module.hpp"

#include <fcntl.h>
#include <percpu_scope.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "percpu_scope/file_descriptor.hpp"

namespace percpu_scope::guest {
namespace {

constexpr const char* name = PERCPU_SCOPE_DEVICE_NAME;

std::string module_path() {
  const char* const path = std::getenv("PERCPU_SCOPE_MODULE");
  return path == nullptr ? "/lib/percpu_scope/percpu_scope.ko" : path;
}

}  // namespace

Errno load_module_file(const std::string& path, const std::string& parameters) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {errno};
  const long result = ::syscall(SYS_finit_module, file.number(), parameters.c_str(), 0);
  return result == 0 ? Errno{} : Errno{errno};
}

Errno load_module(const std::string& parameters) {
  return load_module_file(module_path(), parameters);
}

Errno unload_module(const std::string& module) {
  const long result = ::syscall(SYS_delete_module, module.c_str(), O_NONBLOCK);
  return result == 0 ? Errno{} : Errno{errno};
}

Errno unload_module() { return unload_module(name); }

bool module_is_loaded() { return path_exists("/sys/module/" PERCPU_SCOPE_DEVICE_NAME); }

ModuleRestorer::~ModuleRestorer() {
  if (module_is_loaded()) {
    EXPECT_EQ(unload_module(), Errno{});
  }
  EXPECT_EQ(load_module(), Errno{});
}

}  // namespace percpu_scope::guest
