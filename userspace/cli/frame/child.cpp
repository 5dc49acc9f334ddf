// SPDX-License-Identifier: GPL-2.0-only
//
// Spawning and waiting.
#include "cli/frame/child.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>

#include "cli/frame/interrupts.hpp"

namespace percpu_scope::cli {
namespace {

constexpr int not_found = 127;
constexpr int not_executable = 126;

// All signals wait while this lives.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all{};
    (void)::sigfillset(&all);
    (void)::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  [[nodiscard]] const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

// How the child starts: signals as this process has them, but SIGPIPE, which is ours alone.
class Attributes {
 public:
  explicit Attributes(const sigset_t& mask) {
    sigset_t ours{};
    (void)::sigemptyset(&ours);
    (void)::sigaddset(&ours, SIGPIPE);
    (void)::posix_spawnattr_init(&attributes_);
    (void)::posix_spawnattr_setsigmask(&attributes_, &mask);
    (void)::posix_spawnattr_setsigdefault(&attributes_, &ours);
    (void)::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { (void)::posix_spawnattr_destroy(&attributes_); }

  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

pid_t spawn(const std::vector<std::string>& command, const sigset_t& mask) {
  std::vector<std::string> words = command;
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const Attributes attributes(mask);
  pid_t child = 0;
  const int error_number =
      ::posix_spawnp(&child, pointers[0], nullptr, attributes.get(), pointers.data(), environ);
  if (error_number != 0) throw CannotRunError(command.front(), error_number);
  return child;
}

}  // namespace

CannotRunError::CannotRunError(const std::string& command, int error_number)
    : status_(error_number == ENOENT ? not_found : not_executable),
      message_("cannot run " + command + ": " + std::generic_category().message(error_number)) {}

int run_child(const std::vector<std::string>& command) {
  const auto check = [&command](int result) {
    if (result < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "cannot wait for " + command.front());
    return result >= 0;
  };
  pid_t child = 0;
  {
    // What comes before it can be passed on waits until it can.
    std::optional<PassingSignals> passing;
    {
      const SignalsBlocked blocked;
      // Sent before there was anybody to pass it on to.
      if (const int number = interrupting_signal(); number != 0) return 128 + number;
      child = spawn(command, blocked.before());
      passing.emplace(child);
    }
    // Not reaped before signals stop going there: its number is its own until then.
    siginfo_t end{};
    while (!check(::waitid(P_PID, static_cast<id_t>(child), &end, WEXITED | WNOWAIT))) {
    }
  }
  int status = 0;
  while (!check(::waitpid(child, &status, 0))) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace percpu_scope::cli
