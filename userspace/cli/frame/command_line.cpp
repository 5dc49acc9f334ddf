// SPDX-License-Identifier: GPL-2.0-only
//
// Commands and options in terms of CLI11.
#include "cli/frame/command_line.hpp"

#include <CLI/CLI.hpp>

#include "cli/frame/exit_code.hpp"
#include "percpu_scope/error.hpp"

namespace percpu_scope::cli {
namespace {

constexpr char word_separator = '|';  // of a choice's words, in --help

template <typename Number>
void add_number(CLI::App& app, const std::string& names, Number& value,
                const std::string& description) {
  CLI::Option* option = app.add_option(names, value, description);
  if (value != 0) option->capture_default_str();
}

OptionDescription describe(const CLI::Option& option) {
  OptionDescription described;
  for (const std::string& name : option.get_snames()) described.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) described.names.push_back("--" + name);
  if (described.names.empty()) described.names.push_back(option.get_name());
  const bool takes_value = option.get_items_expected_max() > 0;
  if (takes_value) described.value = option.get_type_name();
  if (const auto words = CLI::detail::split(described.value, word_separator); words.size() > 1)
    described.words = words;
  described.description = option.get_description();
  described.default_value = option.get_default_str();
  described.required = option.get_required();
  described.several = option.get_items_expected_max() > 1;
  return described;
}

CommandDescription describe(const CLI::App& app) {
  CommandDescription described{.name = app.get_name(),
                               .description = app.get_description(),
                               .footer = app.get_footer(),
                               .options = {},
                               .commands = {}};
  for (const CLI::Option* option : app.get_options()) {
    // Each command inherits it: it is told once.
    if (option != app.get_help_ptr() || app.get_parent() == nullptr)
      described.options.push_back(describe(*option));
  }
  for (const CLI::App* command : app.get_subcommands({}))
    if (!command->get_group().empty()) described.commands.push_back(describe(*command));
  return described;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* const option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// Hidden ones, too.
const CLI::App* command_of(const CLI::App& app, const std::string& name) {
  for (const CLI::App* const command : app.get_subcommands({}))
    if (command->get_name() == name) return command;
  return nullptr;
}

}  // namespace

Command Command::add(const std::string& name, const std::string& description) const {
  return Command(*app_->add_subcommand(name, description));
}

void Command::hide() const { app_->group(""); }

CommandDescription Command::describe() const { return cli::describe(*app_); }

void Command::require_command() const { app_->require_subcommand(1); }

void Command::flag(const std::string& names, bool& value, const std::string& description) const {
  app_->add_flag(names, value, description);
}

void Command::option(const std::string& names, std::string& value, const std::string& description,
                     Presence presence) const {
  CLI::Option* option = app_->add_option(names, value, description);
  if (!value.empty()) option->capture_default_str();
  option->required(presence == Presence::required);
}

void Command::option(const std::string& names, std::uint32_t& value,
                     const std::string& description) const {
  add_number(*app_, names, value, description);
}

void Command::option(const std::string& names, std::uint64_t& value,
                     const std::string& description) const {
  add_number(*app_, names, value, description);
}

void Command::option(const std::string& names, std::vector<std::string>& value,
                     const std::string& description, Presence presence) const {
  app_->add_option(names, value, description)
      ->delimiter(',')
      ->required(presence == Presence::required);
}

void Command::choice(const std::string& names, std::string& value,
                     const std::vector<std::string>& words, const std::string& description) const {
  CLI::Option* option = app_->add_option(names, value, description);
  if (!value.empty()) option->capture_default_str();
  // Its own text would repeat the words after every option.
  option->check(CLI::IsMember(words).description(""));
  option->type_name(CLI::detail::join(words, std::string(1, word_separator)));
}

void Command::file(const std::string& names, std::string& value, const std::string& description,
                   Presence presence) const {
  CLI::Option* option = app_->add_option(names, value, description);
  if (!value.empty()) option->capture_default_str();
  option->type_name(file_value)->required(presence == Presence::required);
}

void Command::words(const std::string& name, std::vector<std::string>& value,
                    const std::string& description, Presence presence) const {
  app_->add_option(name, value, description)->required(presence == Presence::required);
}

void check_commands(const CLI::App& program, int argc, const char* const* argv) {
  const CLI::App* at = &program;
  std::string path = program.get_name();
  const auto names = [&at] {
    std::vector<std::string> known;
    // Commands below a hidden one are hidden as it is: to who named that, they are not.
    for (const CLI::App* const command : at->get_subcommands({}))
      if (!command->get_group().empty() || at->get_group().empty())
        known.push_back(command->get_name());
    return known;
  };
  for (int i = 1; i < argc && !at->get_subcommands({}).empty(); ++i) {
    const std::string word = argv[i];
    if (word.starts_with('-')) {
      // Only the program's own stand before a command; the value of one is no command.
      const CLI::Option* const option = program.get_option_no_throw(word.substr(0, word.find('=')));
      if (option == nullptr) throw UnknownNameError("option of " + path, word, options_of(program));
      if (option->get_items_expected_max() > 0 && word.find('=') == std::string::npos) ++i;
      continue;
    }
    const CLI::App* const next = command_of(*at, word);
    if (next == nullptr) throw UnknownNameError("command of " + path, word, names());
    at = next;
    path += ' ' + word;
  }
  if (!at->get_subcommands({}).empty())
    throw UsageError("'" + path + "' needs a command: " + CLI::detail::join(names(), ", "));
}

void Command::when_parsed(std::function<void()> callback) const {
  app_->callback(std::move(callback));
}

}  // namespace percpu_scope::cli
