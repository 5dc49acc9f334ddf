// SPDX-License-Identifier: GPL-2.0-only
//
// Writing roff.
#include "cli/help/manual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace percpu_scope::cli {
namespace {

// Text that means itself: dashes as they are typed, no requests at the start of a line.
std::string escape(std::string_view text) {
  std::string escaped;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) escaped += "\\&";
    line_start = c == '\n';
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else
      escaped += c;
  }
  return escaped;
}

std::string bold(std::string_view text) { return "\\fB" + escape(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escape(text) + "\\fR"; }

std::string head_of(const OptionDescription& option) {
  if (option.is_positional()) return italic(option.names.front()) + (option.several ? " ..." : "");
  std::string head;
  for (const std::string& name : option.names) head += (head.empty() ? "" : ", ") + bold(name);
  if (option.value.empty()) return head;
  return head + " " + (option.words.empty() ? italic(option.value) : bold(option.value));
}

std::string render_options(const CommandDescription& command) {
  std::string text;
  for (const OptionDescription& option : command.options) {
    text += ".TP\n" + head_of(option) + '\n' + escape(option.description);
    if (!option.default_value.empty())
      text += fmt::format(" (default: {})", escape(option.default_value));
    text += '\n';
  }
  return text;
}

// "pcpu var read [options] variable ..."
std::string usage(const CommandDescription& command, const std::string& path) {
  std::string text = bold(path);
  const auto is_option = [](const OptionDescription& option) { return !option.is_positional(); };
  if (std::any_of(command.options.begin(), command.options.end(), is_option))
    text += " [" + italic("options") + "]";
  for (const OptionDescription& option : command.options)
    if (option.is_positional())
      text += option.required ? " " + head_of(option) : " [" + head_of(option) + "]";
  return text;
}

std::string render_commands(const CommandDescription& command, const std::string& path) {
  std::string text;
  for (const CommandDescription& below : command.commands) {
    const std::string name = path + " " + below.name;
    if (below.commands.empty())
      text += ".SS " + usage(below, name) + '\n' + escape(below.description) + '\n' +
              render_options(below);
    else
      text += ".SS " + bold(name) + '\n' + escape(below.description) + '\n' +
              render_commands(below, name);
  }
  return text;
}

std::string to_upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// A footer has sections, an empty line between them: a heading, and indented lines that
// stay lines.
std::string render_footer(std::string_view footer) {
  std::string text;
  while (!footer.empty()) {
    const std::size_t gap = footer.find("\n\n");
    const std::string_view section =
        footer.substr(0, gap == std::string_view::npos ? gap : gap + 1);
    footer.remove_prefix(gap == std::string_view::npos ? footer.size() : gap + 2);
    const std::size_t colon = section.find(":\n");
    if (colon == std::string_view::npos) continue;
    text +=
        fmt::format(".SH {}\n.nf\n{}.fi\n", escape(to_upper(std::string(section.substr(0, colon)))),
                    escape(section.substr(colon + 2)));
  }
  return text;
}

}  // namespace

std::string render_manual(const CommandDescription& program) {
  const std::string title = to_upper(program.name);
  return fmt::format(
             ".TH {} 1 \"\" percpu\\-scope \"User Commands\"\n"
             ".SH NAME\n{} \\- {}\n"
             ".SH SYNOPSIS\n{} [{}] {} ...\n"
             ".SH OPTIONS\nThese may stand before or after a command.\n",
             title, escape(program.name), escape(program.description), bold(program.name),
             italic("options"), italic("command")) +
         render_options(program) + ".SH COMMANDS\n" + render_commands(program, program.name) +
         render_footer(program.footer);
}

}  // namespace percpu_scope::cli
