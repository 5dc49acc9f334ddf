// SPDX-License-Identifier: GPL-2.0-only
//
// What all verbs share: the global options, the way of output, and the action
// that parsing chose. Verbs know this, not each other.
#pragma once

#include <exception>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "cli/frame/document.hpp"
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

  // The document as stamped JSON, or as what `render` makes of it; to stdout, at once. In
  // JSON the notes are in the document, beside text they are lines on stderr.
  void print(Json& document, const Renderer& render, const Notes& notes = {}) const;
  void print(Json&& document, const Renderer& render, const Notes& notes = {}) const;
  // A list as the member `name` of a document; `render` has the bare list.
  void print_list(std::string_view name, Json list, const Renderer& render,
                  const Notes& notes = {}) const;
  // Of a document that is shown again and again: where the terminal's screen can be cleared
  // it is, and what does not fit on it is left out.
  void print_look(Json& document, const Renderer& render) const;
  void print_text(std::string_view text) const;
  void print_error(const Failure& failure) const;

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
ExitCode print_name_list(const Session& session, const std::vector<std::string>& names);
template <typename Things>
ExitCode print_names(const Session& session, const Things& things) {
  std::vector<std::string> names;
  names.reserve(std::size(things));
  for (const auto& thing : things) names.push_back(name_of(thing));
  return print_name_list(session, names);
}

// stdout could not be written: an error, not silence.
class OutputError : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "cannot write to stdout"; }
};

}  // namespace percpu_scope::cli
