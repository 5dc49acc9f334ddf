// SPDX-License-Identifier: GPL-2.0-only
//
// Signals that ask pcpu to end: noted, so that it can end well. Nothing of what it does.
#pragma once

#include <sys/types.h>

namespace percpu_scope::cli {

// What a second signal does. Who has taken a CPU offline cannot let itself be
// killed: nobody would bring it back.
enum class SecondSignal { kills, ignored };

// From now on the first SIGINT, SIGTERM or SIGHUP only raises a flag. One that was ignored
// stays so: nohup(1) and the shell's jobs in the background mean it. With `ignored` SIGPIPE
// is, too: a pipe that closes is an error of writing, and no end in the midst of the work.
void catch_interrupts(SecondSignal second = SecondSignal::kills);
bool interrupted();
// Its number, 0 for none.
int interrupting_signal();

// While this lives a signal that somebody sent to this process alone goes on to that one.
// Ctrl-C does not: the terminal tells both.
class PassingSignals {
 public:
  explicit PassingSignals(pid_t to);
  PassingSignals(const PassingSignals&) = delete;
  PassingSignals& operator=(const PassingSignals&) = delete;
  ~PassingSignals();
};

}  // namespace percpu_scope::cli
