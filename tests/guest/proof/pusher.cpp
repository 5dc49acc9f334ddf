// SPDX-License-Identifier: GPL-2.0-only
//
// sched_setaffinity(2) of other threads: it moves one that runs at once, wherever it is.
#include "proof/pusher.hpp"

#include <dirent.h>
#include <sched.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

namespace percpu_scope::guest {
namespace {

constexpr std::chrono::milliseconds between_pushes{3};

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// All threads of this process but the first, which waits for them, and the one that asks.
std::vector<pid_t> other_threads() {
  std::vector<pid_t> threads;
  const std::unique_ptr<DIR, CloseDirectory> tasks(::opendir("/proc/self/task"));
  if (!tasks) return threads;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): of a directory of its own
  while (const dirent* const entry = ::readdir(tasks.get())) {
    const char* const name = &entry->d_name[0];
    pid_t thread = 0;
    const auto parsed = std::from_chars(name, name + std::strlen(name), thread);
    if (parsed.ec == std::errc() && thread != ::getpid() && thread != ::gettid())
      threads.push_back(thread);
  }
  return threads;
}

// One that has ended meanwhile is no failure.
void allow(pid_t thread, const std::vector<std::uint32_t>& cpus, std::uint32_t last) {
  // One set is made for 1024 CPUs.
  std::vector<cpu_set_t> sets(last / CPU_SETSIZE + 1);
  const std::size_t size = sets.size() * sizeof(cpu_set_t);
  for (const std::uint32_t cpu : cpus) CPU_SET_S(cpu, size, sets.data());
  (void)::sched_setaffinity(thread, size, sets.data());
}

}  // namespace

Pusher::Pusher(std::vector<std::uint32_t> cpus)
    : cpus_(std::move(cpus)), thread_([this](const std::stop_token& stop) { push(stop); }) {}

void Pusher::push(const std::stop_token& stop) const {
  for (std::size_t turn = 0; !stop.stop_requested(); ++turn) {
    std::size_t place = turn;
    for (const pid_t thread : other_threads()) {
      // There, and free again: where it goes from there is the scheduler's business.
      allow(thread, {cpus_[place++ % cpus_.size()]}, cpus_.back());
      allow(thread, cpus_, cpus_.back());
    }
    std::this_thread::sleep_for(between_pushes);
  }
}

}  // namespace percpu_scope::guest
