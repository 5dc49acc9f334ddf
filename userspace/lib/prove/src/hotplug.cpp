// SPDX-License-Identifier: GPL-2.0-only
//
// The files cpuN/online, and a storm over them.
#include "percpu_scope/prove/hotplug.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "percpu_scope/cpu_list.hpp"
#include "percpu_scope/error.hpp"
#include "percpu_scope/file_descriptor.hpp"

namespace percpu_scope {
namespace {

// The kernel refuses for a moment while it, or another, is at it: not for ever.
constexpr int attempts = 100;
constexpr std::chrono::milliseconds between_attempts{10};

std::string file_of(std::uint32_t cpu, const std::string& path) {
  return path + "/cpu" + std::to_string(cpu) + "/online";
}

int try_set_online(std::uint32_t cpu, bool online, const std::string& path) {
  const FileDescriptor file(::open(file_of(cpu, path).c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return errno;
  const std::string_view word = online ? "1" : "0";
  return ::write(file.number(), word.data(), word.size()) < 0 ? errno : 0;
}

}  // namespace

std::vector<std::uint32_t> offlinable_cpus(const std::string& path) {
  std::ifstream file(path + "/online");
  std::string list;
  if (!std::getline(file, list) || list.empty()) return {};
  std::vector<std::uint32_t> cpus;
  for (const std::uint32_t cpu : parse_cpu_list(list)) {
    const FileDescriptor file(::open(file_of(cpu, path).c_str(), O_RDONLY | O_CLOEXEC));
    char state = '0';
    if (file && ::read(file.number(), &state, 1) == 1 && state == '1') cpus.push_back(cpu);
  }
  return cpus;
}

void set_online(std::uint32_t cpu, bool online, const std::string& path) {
  int error_number = try_set_online(cpu, online, path);
  for (int i = 0;
       i < attempts && (error_number == EBUSY || error_number == EAGAIN || error_number == EINTR);
       ++i) {
    std::this_thread::sleep_for(between_attempts);
    error_number = try_set_online(cpu, online, path);
  }
  if (error_number != 0)
    throw Error(Operation::hotplug, error_number,
                "CPU " + std::to_string(cpu) + (online ? " online" : " offline"));
}

OfflineCpu::OfflineCpu(std::uint32_t cpu, std::string path) : cpu_(cpu), path_(std::move(path)) {
  set_online(cpu_, false, path_);
}

OfflineCpu::~OfflineCpu() {
  try {
    bring_back();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): nobody is left to tell
  }
}

void OfflineCpu::bring_back() {
  if (!offline_) return;
  set_online(cpu_, true, path_);
  offline_ = false;
}

HotplugStorm::HotplugStorm(std::vector<std::uint32_t> cpus, std::uint64_t seed, std::string path)
    : cpus_(std::move(cpus)), path_(std::move(path)) {
  thread_ = std::jthread([this, seed](const std::stop_token& stop) { run(stop, seed); });
}

void HotplugStorm::run(const std::stop_token& stop, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  // Short enough for hundreds of cycles a minute, long enough for jobs between.
  const auto pause = [&random] { return std::chrono::milliseconds(1 + random() % 30); };
  try {
    while (!stop.stop_requested() && !cpus_.empty()) {
      OfflineCpu offline(cpus_[random() % cpus_.size()], path_);
      std::this_thread::sleep_for(pause());
      offline.bring_back();
      ++cycles_;
      std::this_thread::sleep_for(pause());
    }
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void HotplugStorm::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace percpu_scope
