// SPDX-License-Identifier: GPL-2.0-only
//
// Other programs and signals: statuses that are handed on, signals that are passed on, and
// those that stay ignored.
#include "cli/frame/child.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include "cli/frame/interrupts.hpp"

namespace percpu_scope::cli {
namespace {

int status_of_shell(const std::string& script) { return run_child({"sh", "-c", script}); }

TEST(Child, StatusIsHandedOn) {
  EXPECT_EQ(run_child({"true"}), 0);
  EXPECT_EQ(status_of_shell("exit 7"), 7);
  EXPECT_EQ(status_of_shell("kill -TERM $$"), 128 + SIGTERM);
  EXPECT_EQ(status_of_shell("kill -KILL $$"), 128 + SIGKILL);
}

TEST(Child, ThatCannotBeRunIsTold) {
  const auto status_of = [](const char* command) {
    try {
      return run_child({command});
    } catch (const CannotRunError& error) {
      EXPECT_NE(std::string(error.what()).find(command), std::string::npos) << error.what();
      return error.status();
    }
  };
  EXPECT_EQ(status_of("no-such-command-anywhere"), 127);
  EXPECT_EQ(status_of("/nonexistent/command"), 127);
  EXPECT_EQ(status_of("/etc/passwd"), 126);
  EXPECT_EQ(status_of("/etc"), 126);
}

// A process that does `work` and exits with what that returns. `work` gets a descriptor;
// when something was written to it, wait_for_word() returns.
class Process {
 public:
  explicit Process(const std::function<int(int say)>& work) {
    EXPECT_EQ(::pipe(pipe_.data()), 0);
    pid_ = ::fork();
    // Of one digit: that is all a shell may know.
    if (pid_ == 0) ::_exit(work(::dup2(pipe_[1], 9)));
    (void)::close(pipe_[1]);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ > 0) (void)::kill(pid_, SIGKILL);
    (void)wait();
    (void)::close(pipe_[0]);
  }

  void wait_for_word() const {
    pollfd ready{.fd = pipe_[0], .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&ready, 1, 20'000), 1);
    char word = 0;
    ASSERT_EQ(::read(pipe_[0], &word, 1), 1);
  }
  void signal(int number) const { ASSERT_EQ(::kill(pid_, number), 0); }
  // Its exit status, or 128 + the signal that killed it.
  int wait() {
    int status = 0;
    if (pid_ <= 0 || ::waitpid(pid_, &status, 0) != pid_) return -1;
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  std::array<int, 2> pipe_{};
  pid_t pid_ = -1;
};

// A shell that says when it is there, and sleeps in itself.
int run_sleeper(int say, const std::string& traps) {
  catch_interrupts(SecondSignal::ignored);
  return status_of_shell(traps + "echo x >&" + std::to_string(say) +
                         "; i=0; while [ $i -lt 200 ]; do sleep 0.1; i=$((i + 1)); done; exit 3");
}

TEST(Child, IsToldOfASignalToUsAlone) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    Process process([](int say) { return run_sleeper(say, ""); });
    process.wait_for_word();
    process.signal(number);
    EXPECT_EQ(process.wait(), 128 + number);
  }
}

TEST(Child, IsNotRunAfterASignal) {
  Process process([](int /*say*/) {
    catch_interrupts(SecondSignal::ignored);
    (void)std::raise(SIGTERM);
    return run_child({"sleep", "1000"});
  });
  EXPECT_EQ(process.wait(), 128 + SIGTERM);
}

TEST(Child, MayTakeASignalInItsOwnWay) {
  Process process([](int say) { return run_sleeper(say, "trap 'exit 9' TERM; "); });
  process.wait_for_word();
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 9);
}

// As by nohup(1) and for what a script runs in the background.
TEST(Interrupts, ThatWereIgnoredStayIgnored) {
  for (const SecondSignal second : {SecondSignal::kills, SecondSignal::ignored}) {
    Process process([second](int /*say*/) {
      (void)std::signal(SIGHUP, SIG_IGN);
      (void)std::signal(SIGINT, SIG_IGN);
      catch_interrupts(second);
      (void)std::raise(SIGHUP);
      (void)std::raise(SIGINT);
      if (interrupted()) return 1;
      // And what was not ignored is noted.
      (void)std::raise(SIGTERM);
      return interrupted() ? 0 : 2;
    });
    EXPECT_EQ(process.wait(), 0);
  }
}

TEST(Interrupts, OfATerminalThatGoesAreNoted) {
  Process process([](int /*say*/) {
    catch_interrupts();
    (void)std::raise(SIGHUP);
    return interrupted() ? 0 : 1;
  });
  EXPECT_EQ(process.wait(), 0);
}

TEST(Interrupts, TheSecondKills) {
  Process process([](int /*say*/) {
    catch_interrupts();
    (void)std::raise(SIGTERM);
    (void)std::raise(SIGTERM);
    return 0;
  });
  EXPECT_EQ(process.wait(), 128 + SIGTERM);
}

}  // namespace
}  // namespace percpu_scope::cli
