// SPDX-License-Identifier: GPL-2.0-only
//
// Commands and options as the verbs see them. CLI11 does the work, and only
// app.cpp and command_line.cpp know it: its headers cost seconds per file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own name
class App;
}

namespace percpu_scope::cli {

enum class Presence { optional, required };

inline constexpr const char* file_value = "FILE";  // what an option for a file's name takes

// The command line as --help tells it, for manuals and completions.
struct OptionDescription {
  std::vector<std::string> names;  // "-I", "--interval"; one without dashes: a positional
  std::string value;               // what it takes, empty for a flag
  std::vector<std::string> words;  // the only values there are, empty: any
  std::string description;
  std::string default_value;
  bool required = false;
  bool several = false;

  [[nodiscard]] bool is_positional() const { return !names.front().starts_with('-'); }
};
struct CommandDescription {
  std::string name;
  std::string description;
  std::string footer;
  std::vector<OptionDescription> options;
  std::vector<CommandDescription> commands;  // but hidden ones
};

// Options are written "-I,--interval", "--cpus", or "name" for a positional
// one. Variables must outlive parsing; their values are the defaults, and
// --help shows those that are not empty or 0.
class Command {
 public:
  explicit Command(CLI::App& app) : app_(&app) {}

  // A command below this one.
  [[nodiscard]] Command add(const std::string& name, const std::string& description) const;
  // Not in --help, manual and completions.
  void hide() const;
  [[nodiscard]] CommandDescription describe() const;
  // From now on one of the commands below must be given.
  void require_command() const;

  void flag(const std::string& names, bool& value, const std::string& description) const;
  void option(const std::string& names, std::string& value, const std::string& description,
              Presence presence = Presence::optional) const;
  // One of these words.
  void choice(const std::string& names, std::string& value, const std::vector<std::string>& words,
              const std::string& description) const;
  void option(const std::string& names, std::uint32_t& value, const std::string& description) const;
  void option(const std::string& names, std::uint64_t& value, const std::string& description) const;
  // Several values, separated by spaces or commas.
  void option(const std::string& names, std::vector<std::string>& value,
              const std::string& description, Presence presence = Presence::optional) const;
  // A file's name.
  void file(const std::string& names, std::string& value, const std::string& description,
            Presence presence = Presence::optional) const;
  // Several words, as they are: their commas are their own. After --, another
  // command and its arguments.
  void words(const std::string& name, std::vector<std::string>& value,
             const std::string& description, Presence presence = Presence::optional) const;

  // What to do when this command has been parsed.
  template <typename Session, typename Action>
  void on_run(Session& session, Action action) const {
    when_parsed([&session, action = std::move(action)] { session.on_run(action); });
  }

 private:
  void when_parsed(std::function<void()> callback) const;

  CLI::App* app_;  // owned by the application
};

// For a command line that could not be parsed. UnknownNameError for a word in the place
// of a command that is none, UsageError where one is missing: CLI11 says no more than
// that it is.
void check_commands(const CLI::App& program, int argc, const char* const* argv);

}  // namespace percpu_scope::cli
