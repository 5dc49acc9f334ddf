// SPDX-License-Identifier: GPL-2.0-only
#include "cli/render/text_table.hpp"

#include <algorithm>

namespace percpu_scope::cli {

void TextTable::add(std::string_view cell, bool is_number) {
  Column& column = columns_[next_];
  column.width = std::max(column.width, cell.size());
  column.right = column.right && is_number;
  text_ += cell;
  lengths_.push_back(static_cast<std::uint32_t>(cell.size()));
  if (++next_ == columns_.size()) next_ = 0;
}

std::string TextTable::render() const {
  std::size_t line_size = 1;
  for (const Column& column : columns_) line_size += column.width + 2;
  std::string text;
  text.reserve(line_size * (lengths_.size() / columns_.size()));
  std::size_t at = 0;
  for (std::size_t i = 0; i < lengths_.size(); ++i) {
    const std::size_t place = i % columns_.size();
    const Column& column = columns_[place];
    const std::size_t padding = column.width - lengths_[i];
    if (place > 0) text += "  ";
    if (column.right) text.append(padding, ' ');
    text.append(text_, at, lengths_[i]);
    at += lengths_[i];
    if (place + 1 < columns_.size()) {
      if (!column.right) text.append(padding, ' ');
      continue;
    }
    // An empty cell may leave blanks behind others.
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

}  // namespace percpu_scope::cli
