// SPDX-License-Identifier: GPL-2.0-only
//
// Tables and lists for people, rendered from JSON documents: the one place
// that formats a number. Pure functions; knows nothing of counters.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cli/render/json.hpp"

namespace percpu_scope::cli {

// How quantities (columns that are counts or rates) are written.
enum class Numbers { exact, human };

struct Column {
  std::string key;         // member of each row
  std::string title = {};  // empty: the key
  bool quantity = false;
  std::string within = {};  // member of the row that has the key; empty: the row itself
};

// One value: null is "-", booleans are yes and no, lists are joined by commas.
std::string format_cell(const Json& value, Numbers numbers = Numbers::exact);

// Is it aligned to the right? A number, hexadecimal or not, or none.
bool is_numeric(const Json& value);

// 12345678 is "12.3M"; numbers below 10000 stay exact.
std::string format_human(std::uint64_t number);

// A header line, then one line per object in `rows`, in aligned columns. A
// column of numbers, hexadecimal or not, is aligned to the right. Ends with a
// newline.
std::string render_table(const Json& rows, std::span<const Column> columns,
                         Numbers numbers = Numbers::exact);

// "key  value" lines of an object, values aligned, '_' in keys shown as ' '.
std::string render_list(const Json& object, Numbers numbers = Numbers::exact);

}  // namespace percpu_scope::cli
