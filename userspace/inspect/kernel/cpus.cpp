// SPDX-License-Identifier: GPL-2.0-only
//
// What sysfs says of CPUs.
#include "inspect/kernel/cpus.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>

#include "inspect/error.hpp"
#include "percpu_scope/cpu_list.hpp"

namespace percpu_scope::inspect {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint32_t> read_kernel_list(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  if (!std::getline(file, text) || text.empty())
    throw InspectError(Problem::unsupported, path + " lists no CPU", "mount sysfs at /sys");
  return parse_cpu_list(text);
}

}  // namespace

std::vector<std::uint32_t> possible_cpus() {
  return read_kernel_list("/sys/devices/system/cpu/possible");
}

std::vector<std::uint32_t> online_cpus() {
  return read_kernel_list("/sys/devices/system/cpu/online");
}

std::int32_t node_of(std::uint32_t cpu) {
  // A CPU's folder links to its node, if there are nodes.
  const fs::path folder = "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
  std::error_code error;
  if (!fs::exists("/sys/devices/system/node", error)) return 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    std::int32_t node = 0;
    if (!name.starts_with("node")) continue;
    const auto [end, status] = std::from_chars(name.data() + 4, name.data() + name.size(), node);
    if (status == std::errc() && end == name.data() + name.size()) return node;
  }
  return -1;
}

}  // namespace percpu_scope::inspect
