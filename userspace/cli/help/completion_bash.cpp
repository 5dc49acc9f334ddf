// SPDX-License-Identifier: GPL-2.0-only
//
// Writing bash. The script finds the words of the command so far in a table that
// is made of the command line's description, one line per command.
#include "cli/help/completion_bash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace percpu_scope::cli {
namespace {

// What the program itself can list: by the name of a positional or an option, the
// words that do.
struct Listing {
  std::string_view name;
  std::string_view words;
};
constexpr std::array listings{
    Listing{"variable", "var list --names"}, Listing{"counter", "counter list --names"},
    Listing{"--counter", "counter list --names"}, Listing{"--idiom", "idiom list --names"},
    Listing{"--module", "var list --modules"}};

std::string_view listing_of(std::string_view name) {
  const auto* const found = std::find_if(listings.begin(), listings.end(),
                                         [&](const Listing& one) { return one.name == name; });
  return found == listings.end() ? std::string_view{} : found->words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string options_of(const CommandDescription& command) {
  std::string text;
  for (const OptionDescription& option : command.options)
    if (!option.is_positional())
      for (const std::string& name : option.names) text += (text.empty() ? "" : " ") + name;
  return text;
}

struct Case {
  std::string pattern;
  std::string body;
};

std::string render_cases(const std::vector<Case>& cases) {
  std::string text;
  for (const Case& one : cases) text += fmt::format("    {}) {} ;;\n", one.pattern, one.body);
  return text;
}

struct Cases {
  std::vector<Case> commands;  // that may follow, by the path so far
  std::vector<Case> words;     // other things that may, by the path
  std::vector<Case> values;    // of an option, by path and option
};

void collect(const CommandDescription& command, const std::string& path,
             const std::string& global_options, Cases& cases) {
  std::string below;
  for (const CommandDescription& next : command.commands)
    below += (below.empty() ? "" : " ") + next.name;
  if (!below.empty()) cases.commands.push_back({"\"" + path + "\"", "commands=\"" + below + "\""});
  const std::string own = options_of(command);
  std::string words =
      "options=\"" + own + (own == global_options ? "" : " " + global_options) + '"';
  for (const OptionDescription& option : command.options) {
    if (option.is_positional()) {
      words += fmt::format(R"(; listing="{}")", listing_of(option.names.front()));
      if (!option.words.empty()) words += fmt::format(R"(; values="{}")", joined(option.words));
      if (option.value == file_value) words += "; files=yes";
      continue;
    }
    if (option.value.empty()) continue;
    for (const std::string& name : option.names) {
      // The program's own options may stand after any command.
      const std::string pattern =
          path == " " ? fmt::format("*\" {}\"", name) : fmt::format("\"{}{}\"", path, name);
      cases.values.push_back(
          {pattern,
           fmt::format(R"(takes=yes; values="{}"; listing="{}"; files={})", joined(option.words),
                       listing_of(name), option.value == file_value ? "yes" : "")});
    }
  }
  cases.words.push_back({"\"" + path + "\"", words});
  for (const CommandDescription& next : command.commands)
    collect(next, path + next.name + " ", global_options, cases);
}

}  // namespace

std::string render_completion(const CommandDescription& program) {
  Cases cases;
  collect(program, " ", options_of(program), cases);
  return fmt::format(
      R"bash(# bash completion for {0}; made by `{0} help bash`
_{0}() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" path=" " word i skip=""
  local commands="" options="" listing="" files="" takes="" values=""
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word="${{COMP_WORDS[i]}}"
    if [[ -n "$skip" ]]; then skip=""; continue; fi
    if [[ "$word" == -* ]]; then
      takes="" values="" listing="" files=""
      _{0}_value "$path$word"
      skip="$takes"
      continue
    fi
    commands=""
    _{0}_commands "$path"
    [[ " $commands " == *" $word "* ]] && path+="$word "
  done
  if [[ -n "$skip" ]]; then
    if [[ -n "$files" ]]; then
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
    elif [[ -n "$listing" ]]; then
      _{0}_listed
    else
      mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
    fi
    return
  fi
  commands="" listing="" files="" values=""
  _{0}_commands "$path"
  _{0}_words "$path"
  if [[ "$current" == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  elif [[ -n "$listing" ]]; then
    _{0}_listed
  elif [[ -n "$files" ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$commands $values" -- "$current")
  fi
}}
_{0}_listed() {{
  # Not quoted: these are the words of a command.
  # shellcheck disable=SC2086
  mapfile -t COMPREPLY < <(compgen -W "$("${{COMP_WORDS[0]}}" $listing 2>/dev/null)" -- "$current")
}}
_{0}_commands() {{
  case "$1" in
{1}  esac
}}
_{0}_words() {{
  case "$1" in
{2}  esac
}}
_{0}_value() {{
  case "$1" in
{3}  esac
}}
complete -F _{0} {0}
)bash",
      program.name, render_cases(cases.commands), render_cases(cases.words),
      render_cases(cases.values));
}

}  // namespace percpu_scope::cli
