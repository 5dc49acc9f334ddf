// SPDX-License-Identifier: GPL-2.0-only
//
// Aligning and formatting.
#include "cli/render/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

namespace percpu_scope::cli {
namespace {

bool is_numeric(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().starts_with("0x");
  return value.is_number() || value.is_null();
}

const Json& member(const Json& row, const std::string& key) {
  static const Json none;
  const auto found = row.find(key);
  return found == row.end() ? none : *found;
}

struct RenderedColumn {
  std::vector<std::string> cells;  // the title first
  std::size_t width = 0;
  bool right = true;
};

RenderedColumn render_column(const Json& rows, const Column& column, Numbers numbers) {
  RenderedColumn rendered;
  rendered.cells.push_back(column.title.empty() ? column.key : column.title);
  for (const Json& row : rows) {
    const Json& value =
        member(column.within.empty() ? row : member(row, column.within), column.key);
    rendered.right = rendered.right && is_numeric(value);
    rendered.cells.push_back(format_cell(value, column.quantity ? numbers : Numbers::exact));
  }
  for (const std::string& cell : rendered.cells)
    rendered.width = std::max(rendered.width, cell.size());
  return rendered;
}

// A row is a line, whatever a kernel's char array holds.
std::string on_one_line(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("\n\t", at)) != std::string::npos; at += 2)
    text.replace(at, 1, text[at] == '\n' ? "\\n" : "\\t");
  return text;
}

}  // namespace

std::string format_human(std::uint64_t number) {
  constexpr std::array suffixes{'k', 'M', 'G', 'T', 'P', 'E'};
  if (number < 10'000) return std::to_string(number);
  double scaled = static_cast<double>(number) / 1000;
  std::size_t suffix = 0;
  // 999.95 would be written as 1000.0.
  while (scaled >= 999.95 && suffix + 1 < suffixes.size()) {
    scaled /= 1000;
    ++suffix;
  }
  return fmt::format("{:.1f}{}", scaled, suffixes[suffix]);
}

std::string format_cell(const Json& value, Numbers numbers) {
  switch (value.type()) {
    case Json::value_t::null:
      return "-";
    case Json::value_t::boolean:
      return value.get<bool>() ? "yes" : "no";
    case Json::value_t::string:
      return on_one_line(value.get<std::string>());
    case Json::value_t::number_unsigned: {
      const auto number = value.get<std::uint64_t>();
      return numbers == Numbers::human ? format_human(number) : std::to_string(number);
    }
    // As dump() has it, for a tenth of the time: tables have thousands of these.
    case Json::value_t::number_integer: {
      const auto number = value.get<std::int64_t>();
      if (numbers != Numbers::human) return std::to_string(number);
      const auto bits = static_cast<std::uint64_t>(number);
      return number < 0 ? "-" + format_human(0 - bits) : format_human(bits);
    }
    case Json::value_t::array: {
      std::string text;
      for (const Json& element : value)
        text += (text.empty() ? "" : ",") + format_cell(element, numbers);
      return text.empty() ? "-" : text;
    }
    default:
      return value.dump();
  }
}

std::string render_table(const Json& rows, std::span<const Column> columns, Numbers numbers) {
  std::vector<RenderedColumn> rendered;
  rendered.reserve(columns.size());
  for (const Column& column : columns) rendered.push_back(render_column(rows, column, numbers));

  std::string text;
  for (std::size_t line = 0; line <= rows.size(); ++line) {
    for (std::size_t i = 0; i < rendered.size(); ++i) {
      const RenderedColumn& column = rendered[i];
      const std::string& cell = column.cells[line];
      const std::size_t padding = column.width - cell.size();
      if (i > 0) text += "  ";
      if (column.right) text.append(padding, ' ');
      text += cell;
      if (!column.right) text.append(padding, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string render_list(const Json& object, Numbers numbers) {
  std::size_t width = 0;
  for (const auto& [key, value] : object.items()) width = std::max(width, key.size());
  std::string text;
  for (const auto& [key, value] : object.items()) {
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', ' ');
    text += fmt::format("{:<{}}  {}\n", name, width, format_cell(value, numbers));
  }
  return text;
}

}  // namespace percpu_scope::cli
