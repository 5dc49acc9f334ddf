// SPDX-License-Identifier: GPL-2.0-only
//
// Puts the verbs together, and turns exceptions into exit codes.
#include "cli/app.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <string_view>

#include "cli/frame/command_line.hpp"
#include "cli/frame/exit_code.hpp"
#include "cli/frame/session.hpp"
#include "cli/verbs.hpp"
#include "percpu_scope.h"

namespace percpu_scope::cli {
namespace {

void add_global_options(CLI::App& app, Options& options) {
  app.set_help_flag("-h,--help", "this help; pcpu VERB -h tells more");
  app.set_version_flag("--version",
                       "pcpu for ABI version " + std::to_string(PERCPU_SCOPE_ABI_VERSION));
  app.add_flag("-j,--json", options.json, "compact JSON, errors too");
  app.add_flag("-p,--pretty", options.pretty, "pretty JSON, errors too");
  app.add_flag("--human", options.human, "counts and rates as 12.3M; tables only");
  Command(app).file("--device", options.device, "the module's device");
}

Command add_object(const Command& top, const std::string& name, const std::string& description) {
  const Command object = top.add(name, description);
  object.require_command();
  return object;
}

void add_verbs(const Command& top, Session& session) {
  add_help(top, session);
  add_info(top, session);
  add_offsets(top, session);
  const Command counter = add_object(top, "counter", "Named objects that are counted into");
  add_counter_list(counter, session);
  add_counter_read(counter, session);
  add_counter_create(counter, session);
  add_counter_destroy(counter, session);
  add_counter_reset(counter, session);
  add_counter_watch(counter, session);
  const Command idiom = add_object(top, "idiom", "Ways to update one kind of storage");
  add_idiom_list(idiom, session);
  const Command var = add_object(top, "var", "Any per-CPU variable of the kernel and its modules");
  add_var_list(var, session);
  add_var_read(var, session);
  add_var_ptr(var, session);
  add_var_map(var, session);
  add_var_watch(var, session);
  add_var_diff(var, session);
  const Command control = add_object(top, "control", "Broken idioms that must be caught");
  add_control_list(control, session);
  add_control_run(control, session);
  add_hammer(top, session);
  add_verify(top, session);
  add_torture(top, session);
  add_count_calls(top, session);
  add_report(top, session);
  add_doctor(top, session);
}

// A flag that parsing never reached still decides how its error is written.
void find_format(Options& options, int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    options.json = options.json || word == "-j" || word == "--json";
    options.pretty = options.pretty || word == "-p" || word == "--pretty";
  }
}

Failure explain(const CLI::App& app, const CLI::ParseError& error, int argc,
                const char* const* argv) {
  // It may as well be an option of a command that is missing.
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    try {
      check_commands(app, argc, argv);
    } catch (const std::exception& wrong_command) {
      return failure_from(wrong_command);
    }
  }
  return failure_from(UsageError(error.what()));
}

int report(const Session& session, const Failure& failure) {
  session.print_error(failure);
  return static_cast<int>(failure.exit_code);
}

// `session` must outlive the application, whose options and verbs are its own.
std::unique_ptr<CLI::App> make_app(Session& session) {
  auto made = std::make_unique<CLI::App>(
      "See, hammer and prove per-CPU data in a running kernel (percpu-scope).", "pcpu");
  CLI::App& app = *made;
  app.require_subcommand(1);
  // Commands inherit this one.
  app.footer(describe_exit_codes());
  add_global_options(app, session.options());
  // Global options may stand after a verb: commands inherit this when they are added.
  app.fallthrough();
  add_verbs(Command(app), session);
  app.footer(describe_documents() + "\n" + describe_exit_codes());
  return made;
}

}  // namespace

CommandDescription describe_app() {
  Session session;
  return Command(*make_app(session)).describe();
}

int run_app(int argc, const char* const* argv) {
  Session session;
  const std::unique_ptr<CLI::App> made = make_app(session);
  CLI::App& app = *made;
  try {
    app.parse(argc, argv);
    return static_cast<int>(session.run());
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    find_format(session.options(), argc, argv);
    return report(session, explain(app, error, argc, argv));
  } catch (const std::exception& error) {
    return report(session, failure_from(error));
  }
}

}  // namespace percpu_scope::cli
