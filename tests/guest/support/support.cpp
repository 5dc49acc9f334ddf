// SPDX-License-Identifier: GPL-2.0-only
//
// Files, children, signals and credentials for the suites.
#include "support/support.hpp"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest-spi.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <stdexcept>
#include <system_error>

#include "percpu_scope/file_descriptor.hpp"

namespace percpu_scope::guest {
namespace {

constexpr int wake_up = SIGUSR1;
constexpr unsigned nobody = 65534;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void handle_wake_up() {
  struct sigaction action {};
  // Handled, not ignored: only then does a system call see it.
  action.sa_handler = [](int /*number*/) {};
  if (::sigaction(wake_up, &action, nullptr) != 0) fail("sigaction");
}

// All of a descriptor up to its end.
std::string drain(int descriptor, const std::string& name) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("reading " + name);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(descriptor, text.data(), text.size());
    if (put <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// What a child has to say: its failures, empty if there are none.
std::string failures_of(const std::function<void()>& body) {
  ::testing::TestPartResultArray parts;
  std::string text;
  {
    const ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &parts);
    try {
      body();
    } catch (const std::exception& exception) {
      text += std::string("exception: ") + exception.what() + "\n";
    }
  }
  for (int i = 0; i < parts.size(); ++i) {
    const ::testing::TestPartResult& part = parts.GetTestPartResult(i);
    if (part.failed())
      text += "line " + std::to_string(part.line_number()) + ": " + part.message() + "\n";
  }
  return text;
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, Errno error) {
  if (error.number == 0) return stream << "success";
  const char* const name = ::strerrorname_np(error.number);
  return stream << (name == nullptr ? "errno " + std::to_string(error.number) : name);
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

std::string read_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) fail("opening " + path);
  return drain(file.number(), path);
}

Errno open_errno(const std::string& path, int flags) {
  const FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  return file ? Errno{} : Errno{errno};
}

bool path_exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

bool lists_data_symbols() {
  // Large, and the same for as long as the kernel runs.
  static const bool listed =
      read_file("/proc/kallsyms").find(" linux_banner\n") != std::string::npos;
  return listed;
}

std::string why_unreadable() {
  if (!path_exists("/sys/kernel/btf/vmlinux")) return "this kernel has no BTF";
  return lists_data_symbols() ? "" : "this kernel lists no data symbols";
}

std::vector<std::vector<std::string>> words_of(std::string_view text) {
  std::vector<std::vector<std::string>> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::vector<std::string>& words = lines.emplace_back();
    while (true) {
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
      if (line.empty()) break;
      const std::size_t length = std::min(line.find_first_of(" \t"), line.size());
      words.emplace_back(line.substr(0, length));
      line.remove_prefix(length);
    }
  }
  return lines;
}

std::uint64_t to_number(const std::string& word) {
  const bool hexadecimal = word.starts_with("0x");
  const char* const begin = word.data() + (hexadecimal ? 2 : 0);
  const char* const end = word.data() + word.size();
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(begin, end, number, hexadecimal ? 16 : 10);
  if (parsed.ec != std::errc() || parsed.ptr != end || begin == end)
    throw std::invalid_argument("not a number: " + word);
  return number;
}

std::uint64_t percpu_kilobytes() {
  for (const std::vector<std::string>& line : words_of(read_file("/proc/meminfo")))
    if (line.size() >= 2 && line[0] == "Percpu:") return to_number(line[1]);
  throw std::runtime_error("/proc/meminfo has no Percpu:");
}

std::string kernel_log() {
  constexpr int read_all = 3;
  constexpr int size_of_buffer = 10;
  const int size = ::klogctl(size_of_buffer, nullptr, 0);
  if (size < 0) fail("klogctl");
  std::string text(static_cast<std::size_t>(size), '\0');
  const int got = ::klogctl(read_all, text.data(), size);
  if (got < 0) fail("klogctl");
  text.resize(static_cast<std::size_t>(got));
  return text;
}

void in_child(const std::function<void()>& body) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
  FileDescriptor from_child(ends[0]);
  FileDescriptor to_parent(ends[1]);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    from_child.close();
    const std::string failures = failures_of(body);
    write_all(to_parent.number(), failures);
    // No destructors, no buffers: they are the parent's.
    ::_exit(failures.empty() ? 0 : 1);
  }
  to_parent.close();
  const std::string failures = drain(from_child.number(), "the child's failures");
  int status = 0;
  if (::waitpid(child, &status, 0) != child) fail("waitpid");
  if (!failures.empty()) ADD_FAILURE() << "in a child process:\n" << failures;
  { EXPECT_TRUE(WIFEXITED(status)) << "the child died of signal " << WTERMSIG(status); }
  EXPECT_EQ(WEXITSTATUS(status), failures.empty() ? 0 : 1);
}

SignalledThread::SignalledThread(std::function<void()> body) {
  handle_wake_up();
  thread_ = std::thread([this, body = std::move(body)] {
    try {
      body();
    } catch (...) {
      failure_ = std::current_exception();
    }
    ended_ = true;
  });
}

SignalledThread::~SignalledThread() {
  if (thread_.joinable()) {
    signal_until_ended();
    thread_.join();
  }
}

void SignalledThread::signal_until_ended() {
  // One that comes before the system call is lost.
  while (!ended_ && thread_.joinable()) {
    ::pthread_kill(thread_.native_handle(), wake_up);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void SignalledThread::move_to(std::uint32_t cpu) {
  // One is made for 1024 CPUs.
  std::vector<cpu_set_t> cpus(cpu / CPU_SETSIZE + 1);
  const std::size_t size = cpus.size() * sizeof(cpu_set_t);
  CPU_SET_S(cpu, size, cpus.data());
  if (const int error = ::pthread_setaffinity_np(thread_.native_handle(), size, cpus.data()))
    throw std::system_error(error, std::generic_category(), "pthread_setaffinity_np");
}

void SignalledThread::join() {
  if (thread_.joinable()) thread_.join();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

Sysctl::Sysctl(std::string path, const std::string& value)
    : path_(std::move(path)), before_(trimmed(read_file(path_))) {
  const FileDescriptor file(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) fail("opening " + path_);
  write_all(file.number(), value);
  if (trimmed(read_file(path_)) != value) throw std::runtime_error(path_ + " did not change");
}

Sysctl::~Sysctl() {
  const FileDescriptor file(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  EXPECT_TRUE(file) << path_;
  write_all(file.number(), before_);
}

unsigned slowness() {
  const char* const told = std::getenv("PERCPU_SCOPE_SLOW");  // NOLINT(concurrency-mt-unsafe)
  return told == nullptr ? 1U : static_cast<unsigned>(std::stoul(told));
}

void become_nobody() {
  if (::setgroups(0, nullptr) != 0) fail("setgroups");
  if (::setgid(nobody) != 0) fail("setgid");
  if (::setuid(nobody) != 0) fail("setuid");
}

void own_mounts() {
  if (::unshare(CLONE_NEWNS) != 0) fail("unshare");
  // What is mounted here must not be seen outside.
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("mount private");
}

void cover_file(const char* path, std::string_view content) {
  own_mounts();
  const std::string cover = "/tmp/cover-" + std::to_string(::getpid());
  const FileDescriptor file(::open(cover.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) fail("opening " + cover);
  write_all(file.number(), content);
  if (::mount(cover.c_str(), path, nullptr, MS_BIND, nullptr) != 0) fail("mount over it");
  if (::unlink(cover.c_str()) != 0) fail("unlink");
}

void hide_directory(const char* path) {
  own_mounts();
  if (::mount("none", path, "tmpfs", 0, nullptr) != 0) fail("mount over it");
}

void drop_capability(unsigned capability) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) fail("capget");
  const std::uint32_t bit = std::uint32_t{1} << (capability % 32);
  __user_cap_data_struct& word = data.at(capability / 32);
  word.effective &= ~bit;
  word.permitted &= ~bit;
  word.inheritable &= ~bit;
  if (::syscall(SYS_capset, &header, data.data()) != 0) fail("capset");
}

}  // namespace percpu_scope::guest
