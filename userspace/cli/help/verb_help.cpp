// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu help man, pcpu help bash: for who packages pcpu. Hidden: users have --help.
#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/help/completion_bash.hpp"
#include "cli/help/manual.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {

void add_help(const Command& top, Session& session) {
  const Command help = top.add("help", "The manual page and the completion of shells");
  help.hide();
  help.require_command();
  help.add("man", "pcpu(1), in roff").on_run(session, [&session, top] {
    session.print_text(render_manual(top.describe()));
    return ExitCode::ok;
  });
  help.add("bash", "A completion for bash, to be sourced").on_run(session, [&session, top] {
    session.print_text(render_completion(top.describe()));
    return ExitCode::ok;
  });
}

}  // namespace percpu_scope::cli
