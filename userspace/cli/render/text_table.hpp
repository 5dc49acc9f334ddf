// SPDX-License-Identifier: GPL-2.0-only
//
// Text in aligned columns. A table may have millions of cells: all of their text is one
// string, and a cell costs four bytes more. Knows nothing of values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace percpu_scope::cli {

class TextTable {
 public:
  explicit TextTable(std::size_t columns) : columns_(columns) {}

  // The next cell, from left to right, line by line; the first line are the titles.
  // A column of nothing but numbers, its title apart, is aligned to the right.
  void add(std::string_view cell, bool is_number);
  void add_title(std::string_view title) { add(title, true); }

  // A line for each that was filled, without blanks at its end.
  [[nodiscard]] std::string render() const;

 private:
  struct Column {
    std::size_t width = 0;
    bool right = true;
  };

  std::vector<Column> columns_;
  std::string text_;                    // of all cells
  std::vector<std::uint32_t> lengths_;  // of each
  std::size_t next_ = 0;                // the column of the next cell
};

}  // namespace percpu_scope::cli
