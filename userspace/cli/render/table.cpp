// SPDX-License-Identifier: GPL-2.0-only
//
// Aligning and formatting.
#include "cli/render/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/render/text_table.hpp"

namespace percpu_scope::cli {
namespace {

// A member of rows that are made alike: looked for where the row before had it, since
// Json compares with every key that comes first.
class Member {
 public:
  explicit Member(const std::string& key) : key_(key) {}

  const Json& of(const Json& row) {
    static const Json none;
    if (!row.is_object()) return none;
    const auto& members = row.get_ref<const Json::object_t&>();
    if (place_ < members.size()) {
      const auto& here = members.begin()[static_cast<std::ptrdiff_t>(place_)];
      if (here.first == key_) return here.second;
    }
    const auto found = std::find_if(members.begin(), members.end(),
                                    [this](const auto& one) { return one.first == key_; });
    if (found == members.end()) return none;
    place_ = static_cast<std::size_t>(std::distance(members.begin(), found));
    return found->second;
  }

 private:
  const std::string& key_;
  std::size_t place_ = 0;
};

struct Cells {
  explicit Cells(const Column& column) : column(column), row(column.within), value(column.key) {}

  const Json& of(const Json& whole) {
    return value.of(column.within.empty() ? whole : row.of(whole));
  }

  const Column& column;
  Member row;
  Member value;
};

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

bool is_numeric(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().starts_with("0x");
  return value.is_number() || value.is_null();
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
  TextTable table(columns.size());
  std::vector<Cells> cells;
  cells.reserve(columns.size());
  for (const Column& column : columns) {
    table.add_title(column.title.empty() ? column.key : column.title);
    cells.emplace_back(column);
  }
  for (const Json& row : rows)
    for (Cells& one : cells) {
      const Json& value = one.of(row);
      table.add(format_cell(value, one.column.quantity ? numbers : Numbers::exact),
                is_numeric(value));
    }
  return table.render();
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
