// SPDX-License-Identifier: GPL-2.0-only
//
// Commands and options in terms of CLI11.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>

namespace percpu_scope::cli {
namespace {

template <typename Number>
void add_number(CLI::App& app, const std::string& names, Number& value,
                const std::string& description) {
  CLI::Option* option = app.add_option(names, value, description);
  if (value != 0) option->capture_default_str();
}

}  // namespace

Command Command::add(const std::string& name, const std::string& description) const {
  return Command(*app_->add_subcommand(name, description));
}

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

void Command::rest(const std::string& name, std::vector<std::string>& value,
                   const std::string& description) const {
  app_->add_option(name, value, description);
}

void Command::when_parsed(std::function<void()> callback) const {
  app_->callback(std::move(callback));
}

}  // namespace percpu_scope::cli
