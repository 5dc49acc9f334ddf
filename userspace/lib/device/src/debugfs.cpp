// SPDX-License-Identifier: GPL-2.0-only
//
// A parser for the module's aligned tables, and reading the files.
#include "percpu_scope/debugfs.hpp"

#include <array>
#include <charconv>
#include <system_error>

#include "percpu_scope/error.hpp"
#include "percpu_scope/read_file.hpp"

namespace percpu_scope {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  while ((start = text.find_first_not_of(separators, start)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(separators, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end;
  }
  return parts;
}

// Text as header and rows; every complaint says where.
class Table {
 public:
  Table(std::string_view file, std::string_view text) : file_(file) {
    for (const std::string_view line : split(text, "\n")) rows_.push_back(split(line, " \t"));
    if (rows_.empty() || rows_.front().empty()) refuse(0, "has no header line");
    for (std::size_t row = 1; row < rows_.size(); ++row)
      if (rows_[row].size() != rows_.front().size())
        refuse(row, "has " + std::to_string(rows_[row].size()) + " columns, its header has " +
                        std::to_string(rows_.front().size()));
  }

  [[nodiscard]] std::size_t rows() const { return rows_.size(); }  // row 0 is the header
  [[nodiscard]] const std::vector<std::string_view>& header() const { return rows_.front(); }
  [[nodiscard]] std::string_view cell(std::size_t row, std::size_t column) const {
    return rows_[row][column];
  }

  [[nodiscard]] std::size_t column(std::string_view name) const {
    for (std::size_t i = 0; i < header().size(); ++i)
      if (header()[i] == name) return i;
    refuse(0, "has no column '" + std::string(name) + "'");
  }

  // Decimal, or hexadecimal after 0x.
  template <typename Number>
  [[nodiscard]] Number number(std::size_t row, std::size_t column) const {
    std::string_view digits = cell(row, column);
    const bool hexadecimal = digits.starts_with("0x");
    if (hexadecimal) digits.remove_prefix(2);
    Number value{};
    const char* const end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, value, hexadecimal ? 16 : 10);
    if (error != std::errc() || stopped != end) refuse_cell(row, column, "is no number in range");
    return value;
  }

  // A word of the kernel's own: it may be any.
  template <typename Word>
  [[nodiscard]] Word kernel_word(std::size_t row, std::size_t column) const {
    if (cell(row, column).size() >= PERCPU_SCOPE_NAME_SIZE)
      refuse_cell(row, column, "is too long for a word");
    return Word(cell(row, column));
  }

  template <typename Word>
  [[nodiscard]] Word word(std::size_t row, std::size_t column) const {
    const std::optional<Word> found = from_string<Word>(cell(row, column));
    if (!found) refuse_cell(row, column, "is no word known here");
    return *found;
  }

  [[nodiscard]] bool yes_or_no(std::size_t row, std::size_t column) const {
    const std::string_view text = cell(row, column);
    if (text == "yes" || text == "1") return true;
    if (text == "no" || text == "0") return false;
    refuse_cell(row, column, "is neither yes nor no");
  }

 private:
  [[noreturn]] void refuse(std::size_t row, const std::string& why) const {
    throw MalformedError("debugfs file '" + std::string(file_) + "' line " +
                         std::to_string(row + 1) + " " + why);
  }
  [[noreturn]] void refuse_cell(std::size_t row, std::size_t column, const std::string& why) const {
    refuse(row, "column '" + std::string(header()[column]) + "': '" +
                    std::string(cell(row, column)) + "' " + why);
  }

  std::string_view file_;
  std::vector<std::vector<std::string_view>> rows_;
};

}  // namespace

std::vector<DebugfsCounter> parse_debugfs_counters(std::string_view text) {
  const Table table("counters", text);
  const std::size_t name = table.column("name");
  const std::size_t field = table.column("field");
  const std::size_t origin = table.column("origin");
  const std::size_t variant = table.column("variant");
  const std::size_t storage = table.column("storage");
  const std::size_t size = table.column("size");
  const std::size_t align = table.column("align");
  const std::size_t sum = table.column("sum");
  std::vector<DebugfsCounter> counters;
  for (std::size_t row = 1; row < table.rows(); ++row)
    counters.push_back({.name = std::string(table.cell(row, name)),
                        .field = std::string(table.cell(row, field)),
                        .origin = table.word<Origin>(row, origin),
                        .variant = table.kernel_word<Variant>(row, variant),
                        .storage = table.kernel_word<Storage>(row, storage),
                        .size = table.number<std::uint64_t>(row, size),
                        .align = table.number<std::uint64_t>(row, align),
                        .sum = table.number<std::uint64_t>(row, sum)});
  return counters;
}

std::vector<DebugfsValues> parse_debugfs_values(std::string_view text) {
  const Table table("values", text);
  const std::size_t counter = table.column("counter");
  const std::size_t field = table.column("field");
  const std::size_t shared = table.column("shared");
  const std::size_t sum = table.column("sum");
  const std::size_t starved = table.column("starved");
  std::vector<std::uint32_t> cpus;
  std::vector<std::size_t> cpu_columns;
  for (std::size_t column = 0; column < table.header().size(); ++column) {
    std::string_view title = table.header()[column];
    if (!title.starts_with("cpu")) continue;
    title.remove_prefix(3);
    std::uint32_t cpu = 0;
    const char* const end = title.data() + title.size();
    const auto [stopped, error] = std::from_chars(title.data(), end, cpu);
    if (error != std::errc() || stopped != end)
      throw MalformedError("debugfs file 'values' line 1: column 'cpu" + std::string(title) +
                           "' names no CPU");
    cpus.push_back(cpu);
    cpu_columns.push_back(column);
  }
  std::vector<DebugfsValues> rows;
  for (std::size_t row = 1; row < table.rows(); ++row) {
    DebugfsValues values{.counter = std::string(table.cell(row, counter)),
                         .field = std::string(table.cell(row, field)),
                         .shared = table.number<std::uint64_t>(row, shared),
                         .cpus = cpus,
                         .values = {},
                         .sum = table.number<std::uint64_t>(row, sum),
                         .starved = table.number<std::uint32_t>(row, starved)};
    values.values.reserve(cpus.size());
    for (const std::size_t column : cpu_columns)
      values.values.push_back(table.number<std::uint64_t>(row, column));
    rows.push_back(std::move(values));
  }
  return rows;
}

std::vector<DebugfsOffset> parse_debugfs_offsets(std::string_view text) {
  const Table table("offsets", text);
  const std::size_t cpu = table.column("cpu");
  const std::size_t node = table.column("node");
  const std::size_t online = table.column("online");
  const std::size_t delta = table.column("delta");
  const std::size_t raw = table.column("raw");
  std::vector<DebugfsOffset> offsets;
  for (std::size_t row = 1; row < table.rows(); ++row) {
    DebugfsOffset offset{.cpu = table.number<std::uint32_t>(row, cpu),
                         .node = table.number<std::int32_t>(row, node),
                         .online = table.yes_or_no(row, online),
                         .delta = table.number<std::uint64_t>(row, delta),
                         .raw = std::nullopt};
    if (table.cell(row, raw) != "-") offset.raw = table.number<std::uint64_t>(row, raw);
    offsets.push_back(offset);
  }
  return offsets;
}

std::vector<DebugfsCounter> Debugfs::counters() const {
  return parse_debugfs_counters(read("counters"));
}

std::vector<DebugfsValues> Debugfs::values() const { return parse_debugfs_values(read("values")); }

std::vector<DebugfsOffset> Debugfs::offsets() const {
  return parse_debugfs_offsets(read("offsets"));
}

std::string Debugfs::read(std::string_view file) const {
  const std::string path = path_ + "/" + std::string(file);
  try {
    return read_file(path);
  } catch (const std::system_error& error) {
    throw Error(Operation::read_debugfs, error.code().value(), path);
  }
}

}  // namespace percpu_scope
