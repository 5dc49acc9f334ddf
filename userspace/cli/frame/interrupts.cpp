// SPDX-License-Identifier: GPL-2.0-only
//
// Handlers, and the two things that they touch.
#include "cli/frame/interrupts.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace percpu_scope::cli {
namespace {

constexpr std::array endings{SIGINT, SIGTERM, SIGHUP};

// All that a signal's handler may touch; the number of the last one that was seen.
volatile std::sig_atomic_t interrupt_seen = 0;  // NOLINT(*-non-const-global-variables)
std::atomic<pid_t> pass_to = 0;                 // NOLINT(*-non-const-global-variables)
static_assert(std::atomic<pid_t>::is_always_lock_free);

extern "C" void note_interrupt(int number, siginfo_t* info, void* /*context*/) {
  const int error_number = errno;
  interrupt_seen = number;
  // What the kernel sends, it sends to all in the foreground.
  if (const pid_t to = pass_to; to > 0 && info->si_code <= 0) (void)::kill(to, number);
  errno = error_number;
}

bool is_ignored(int number) {
  struct sigaction now {};
  return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

void catch_interrupts(SecondSignal second) {
  struct sigaction action {};
  action.sa_sigaction = note_interrupt;
  // Not SA_RESTART: a sleep must end.
  action.sa_flags = SA_SIGINFO;
  if (second == SecondSignal::kills) action.sa_flags |= static_cast<int>(SA_RESETHAND);
  for (const int number : endings)
    if (!is_ignored(number)) (void)::sigaction(number, &action, nullptr);
  if (second == SecondSignal::ignored) (void)std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() { return interrupt_seen != 0; }

int interrupting_signal() { return interrupt_seen; }

PassingSignals::PassingSignals(pid_t to) { pass_to = to; }

PassingSignals::~PassingSignals() { pass_to = 0; }

}  // namespace percpu_scope::cli
