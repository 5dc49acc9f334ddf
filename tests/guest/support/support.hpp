// SPDX-License-Identifier: GPL-2.0-only
//
// What suites share and the library has no business with: errno in
// expectations, children, signals, files of the guest. No tests here.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "percpu_scope/error.hpp"

namespace percpu_scope::guest {

// An errno that prints its name; 0 is success.
struct Errno {
  int number = 0;
  bool operator==(const Errno&) const = default;
};
std::ostream& operator<<(std::ostream& stream, Errno error);

// The errno of the library's call that failed, 0 if it did not.
template <typename Call>
Errno errno_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return {error.error_number()};
  }
  return {};
}

// clang-format off: the call may contain commas.
#define EXPECT_ERRNO(expected, ...)                                        \
  EXPECT_EQ(::percpu_scope::guest::errno_of([&] { (void)(__VA_ARGS__); }), \
            ::percpu_scope::guest::Errno{expected})                        \
      << #__VA_ARGS__
// clang-format on

// Ask again and again, for seconds; true as soon as the answer is.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = std::chrono::seconds(20));

// The whole file; std::system_error if it cannot be opened or read.
std::string read_file(const std::string& path);
// 0 or the errno of opening a file with these flags.
Errno open_errno(const std::string& path, int flags);
bool path_exists(const std::string& path);

// Does /proc/kallsyms list variables, and not only functions? CONFIG_KALLSYMS_ALL.
bool lists_data_symbols();
// Why the inspector can read no variable of this kernel; empty if it can.
std::string why_unreadable();

// Lines of words: how /proc, debugfs and the tables of pcpu are laid out.
std::vector<std::vector<std::string>> words_of(std::string_view text);
// A number with or without 0x; std::invalid_argument if it is none.
std::uint64_t to_number(const std::string& word);

// "Percpu:" in /proc/meminfo, kB: pages that the per-CPU allocator has.
std::uint64_t percpu_kilobytes();

// The kernel's messages, all that the buffer holds.
std::string kernel_log();

// Run `body` in a forked child and wait. Its failed expectations and exceptions
// become failures of the calling test; so does an end by a signal.
void in_child(const std::function<void()>& body);

// A thread that a handled signal can pull out of a system call.
class SignalledThread {
 public:
  explicit SignalledThread(std::function<void()> body);
  SignalledThread(const SignalledThread&) = delete;
  SignalledThread& operator=(const SignalledThread&) = delete;
  SignalledThread(SignalledThread&&) = delete;
  SignalledThread& operator=(SignalledThread&&) = delete;
  ~SignalledThread();

  [[nodiscard]] bool ended() const { return ended_; }
  void signal_until_ended();
  // Pins it to another CPU, whatever it does there.
  void move_to(std::uint32_t cpu);
  // Waits, and rethrows what ended it.
  void join();

 private:
  std::atomic<bool> ended_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // last: it uses the others
};

// A file below /proc/sys, put back when the test ends.
class Sysctl {
 public:
  Sysctl(std::string path, const std::string& value);
  Sysctl(const Sysctl&) = delete;
  Sysctl& operator=(const Sysctl&) = delete;
  Sysctl(Sysctl&&) = delete;
  Sysctl& operator=(Sysctl&&) = delete;
  ~Sysctl();

 private:
  std::string path_;
  std::string before_;
};

// How many times slower than an ordinary kernel this one is, by the words of whoever
// booted it: 1 unless PERCPU_SCOPE_SLOW says otherwise. For limits on time alone.
[[nodiscard]] unsigned slowness();
// Times as much as a limit says an emulated guest may take: hosts differ.
inline constexpr int host_reserve = 2;
// A sample, for what takes too long on a slow kernel.
template <typename T>
std::vector<T> every_nth(const std::vector<T>& all, unsigned n) {
  std::vector<T> sample;
  for (std::size_t i = 0; i < all.size(); i += n) sample.push_back(all[i]);
  return sample;
}

// Become `nobody`, for good: for children only.
void become_nobody();
// Give up a capability (CAP_SYSLOG, …), for good: for children only.
void drop_capability(unsigned capability);
// Mounts of its own, for good: for children only.
void own_mounts();
// See this folder empty, for good, in a mount namespace of its own: for children only.
void hide_directory(const char* path);
// See this content in place of a file's, for good, likewise: for children only.
void cover_file(const char* path, std::string_view content);

}  // namespace percpu_scope::guest
