// SPDX-License-Identifier: GPL-2.0-only
//
// What all verbs share: the global options, where output goes, and the action
// that parsing chose. Verbs know this, not each other.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "cli/frame/exit_code.hpp"
#include "cli/render/json.hpp"
#include "cli/render/table.hpp"
#include "percpu_scope/device.hpp"

namespace percpu_scope::cli {

enum class Format { text, json, pretty_json };

struct Options {
  bool json = false;
  bool pretty = false;
  bool human = false;
  std::string device = default_device_path;
};

class Session {
 public:
  // Renders a document for people.
  using Renderer = std::function<std::string(const Json&, Numbers)>;
  using Action = std::function<ExitCode()>;

  [[nodiscard]] Options& options() { return options_; }
  [[nodiscard]] Format format() const;
  [[nodiscard]] Numbers numbers() const;
  [[nodiscard]] Device open(Access access) const { return Device(access, options_.device); }

  // The verb's work, done after all of the command line has been understood.
  void on_run(Action action) { action_ = std::move(action); }
  [[nodiscard]] ExitCode run() const { return action_(); }

  // The document as JSON, or as what `render` makes of it; to stdout, at once.
  void print(const Json& document, const Renderer& render) const;
  // A line of a stream: JSON is compact unless pretty was asked for.
  void print_text(std::string_view text) const;
  void print_error(const Failure& failure) const;
  // A line on stderr beside text; whoever asked for JSON has it in the document.
  void print_note(std::string_view text) const;

 private:
  Options options_;
  Action action_;
};

// For the shell's completion: nothing but names, or those of `things`, one a line.
inline const std::string& name_of(const std::string& name) { return name; }
template <typename Thing>
const std::string& name_of(const Thing& thing) {
  return thing.name;
}
ExitCode print_list(const Session& session, const std::vector<std::string>& names);
template <typename Things>
ExitCode print_names(const Session& session, const Things& things) {
  std::vector<std::string> names;
  names.reserve(std::size(things));
  for (const auto& thing : things) names.push_back(name_of(thing));
  return print_list(session, names);
}

// stdout could not be written: an error, not silence.
class OutputError : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "cannot write to stdout"; }
};

// A line on stderr that is written over and over; nothing unless that is a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::string label);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  void label(std::string text) { label_ = std::move(text); }
  void show(std::uint64_t done, std::uint64_t wanted) const;
  void show(std::string_view what) const;
  // Leave no trace on the terminal.
  void clear() const;

 private:
  std::string label_;
  bool terminal_;
};

// What a second signal does. Who has taken a CPU offline cannot let itself be
// killed: nobody would bring it back.
enum class SecondSignal { kills, ignored };
// From now on the first SIGINT or SIGTERM only raises a flag.
void catch_interrupts(SecondSignal second = SecondSignal::kills);
bool interrupted();

}  // namespace percpu_scope::cli
