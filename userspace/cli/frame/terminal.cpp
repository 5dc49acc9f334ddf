// SPDX-License-Identifier: GPL-2.0-only
//
// Asking the terminal, and cutting.
#include "cli/frame/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace percpu_scope::cli {
namespace {

// Of UTF-8: bytes that begin a character, each a column wide.
bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }

std::size_t width_of(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), begins_character));
}

// At least one, for an empty line.
std::size_t rows_of(std::string_view line, const Window& window) {
  return std::max<std::size_t>(1, (width_of(line) + window.columns - 1) / window.columns);
}

// Without their ends.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::optional<Window> live_window(int file) {
  if (::isatty(file) != 1) return std::nullopt;
  const char* const kind = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe)
  if (kind == nullptr || std::string_view(kind).empty() || std::string_view(kind) == "dumb")
    return std::nullopt;
  Window window;
  winsize size{};
  // A serial line does not know.
  if (::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
    window = {.columns = size.ws_col, .rows = size.ws_row};
  return window;
}

std::string_view fit_line(std::string_view line, const Window& window) {
  std::size_t room = window.columns - 1;
  for (std::size_t i = 0; i < line.size(); ++i)
    if (begins_character(line[i]) && room-- == 0) return line.substr(0, i);
  return line;
}

std::string fit_lines(std::string_view text, const Window& window) {
  const std::vector<std::string_view> lines = lines_of(text);
  std::vector<std::size_t> used{0};  // rows by so many lines
  for (const std::string_view line : lines) used.push_back(used.back() + rows_of(line, window));
  // The last row is the cursor's.
  const std::size_t room = window.rows - 1;
  if (used.back() <= room) return std::string(text);
  std::size_t shown = lines.size();
  while (shown > 0 && used[shown] + 1 > room) --shown;
  std::string fitting;
  for (std::size_t i = 0; i < shown; ++i) fitting.append(lines[i]) += '\n';
  const std::string missing = fmt::format("... {} more lines", lines.size() - shown);
  return fitting.append(fit_line(missing, window)) += '\n';
}

}  // namespace percpu_scope::cli
