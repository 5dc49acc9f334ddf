// SPDX-License-Identifier: GPL-2.0-only
//
// What a terminal can show: its size, whether its cursor moves, and text cut to it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace percpu_scope::cli {

struct Window {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// Of the terminal behind this file, now; nothing where that is none, or one that can only
// print (TERM=dumb, or none at all): what is written there stays.
std::optional<Window> live_window(int file);

// The beginning of a line that leaves the last column free: a cursor in it wraps.
std::string_view fit_line(std::string_view line, const Window& window);

// The head of a text of lines: as many as the window shows above the cursor, wrapped ones
// counted as what they take; the last then tells how many are missing.
std::string fit_lines(std::string_view text, const Window& window);

}  // namespace percpu_scope::cli
