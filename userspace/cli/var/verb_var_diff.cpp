// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu var diff: two saved readings compared.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/var/differences.hpp"
#include "cli/verbs.hpp"
#include "percpu_scope/read_file.hpp"

namespace percpu_scope::cli {
namespace {

struct DiffArguments {
  std::string before;
  std::string after;
};

Json load(const std::string& path) {
  std::string text;
  try {
    text = read_file(path);
  } catch (const std::system_error& error) {
    throw UsageError(error.what());
  }
  return parse_reading(text, path);
}

}  // namespace

void add_var_diff(const Command& parent, Session& session) {
  const Command command = parent.add(
      "diff",
      "What changed between two files saved from pcpu var read -j. Ends as diff(1) does:\n"
      "0 the same, 1 different, 2 trouble.");
  const auto arguments = std::make_shared<DiffArguments>();
  command.file("before", arguments->before, "the earlier file", Presence::required);
  command.file("after", arguments->after, "the later file", Presence::required);
  command.on_run(session, [&session, arguments] {
    // One after the other, so that it is the first that is told of.
    const Json before = load(arguments->before);
    const Json after = load(arguments->after);
    Json document = compare_readings(before, after);
    const bool same = document.at("same").get<bool>();
    session.print(document, render_differences);
    return same ? ExitCode::ok : ExitCode::failed;
  });
}

}  // namespace percpu_scope::cli
