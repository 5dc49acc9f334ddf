// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu var diff: two saved readings compared.
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/command_line.hpp"
#include "cli/leaves.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

struct Arguments {
  std::string before;
  std::string after;
};

Json load(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw UsageError("cannot open " + path);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return parse_reading(text, path);
}

}  // namespace

void add_var_diff(const Command& parent, Session& session) {
  const Command command = parent.add(
      "diff",
      "What changed between two files saved from pcpu var read -j. Ends as diff(1) does:\n"
      "0 the same, 1 different, 2 trouble.");
  const auto arguments = std::make_shared<Arguments>();
  command.file("before", arguments->before, "the earlier file", Presence::required);
  command.file("after", arguments->after, "the later file", Presence::required);
  command.on_run(session, [&session, arguments] {
    const Json document = compare_readings(load(arguments->before), load(arguments->after));
    session.print(document, render_differences);
    return document.at("same").get<bool>() ? ExitCode::ok : ExitCode::failed;
  });
}

}  // namespace percpu_scope::cli
