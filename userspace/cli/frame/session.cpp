// SPDX-License-Identifier: GPL-2.0-only
//
// Output of the program.
#include "cli/frame/session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/frame/terminal.hpp"

namespace percpu_scope::cli {
namespace {

Layout layout_of(Format format) {
  return format == Format::pretty_json ? Layout::pretty : Layout::compact;
}

// Where stderr is gone, too, only the exit code is left to tell.
void print_aside(const std::string& text) {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

Format Session::format() const {
  if (options_.pretty) return Format::pretty_json;
  return options_.json ? Format::json : Format::text;
}

Numbers Session::numbers() const { return options_.human ? Numbers::human : Numbers::exact; }

void Session::print(Json& document, const Renderer& render, const Notes& notes) const {
  if (format() != Format::text) {
    stamp(document, notes);
    return print_text(serialize(document, layout_of(format())));
  }
  print_text(render(document, numbers()));
  for (const std::string& note : notes) print_aside(fmt::format("note: {}\n", note));
}

void Session::print(Json&& document, const Renderer& render, const Notes& notes) const {
  Json taken = std::move(document);
  print(taken, render, notes);
}

void Session::print_list(std::string_view name, Json list, const Renderer& render,
                         const Notes& notes) const {
  const std::string key(name);
  print(
      Json{{key, std::move(list)}},
      [&](const Json& document, Numbers numbers) { return render(document.at(key), numbers); },
      notes);
}

void Session::print_look(Json& document, const Renderer& render) const {
  const std::optional<Window> window =
      format() == Format::text ? live_window(STDOUT_FILENO) : std::nullopt;
  if (!window) return print(document, render);
  print_text("\033[H\033[J" + fit_lines(render(document, numbers()), *window));
}

void Session::print_text(std::string_view text) const {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw OutputError();
}

void Session::print_error(const Failure& failure) const {
  if (format() == Format::text) return print_aside(render_failure(failure));
  Json document = document_of(failure);
  stamp(document, {});
  print_aside(serialize(document, layout_of(format())));
}

ExitCode print_name_list(const Session& session, const std::vector<std::string>& names) {
  session.print_list("names", Json(names), [](const Json& list, Numbers /*numbers*/) {
    std::string text;
    for (const Json& name : list) text += name.get<std::string>() + '\n';
    return text;
  });
  return ExitCode::ok;
}

}  // namespace percpu_scope::cli
