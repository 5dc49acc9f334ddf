// SPDX-License-Identifier: GPL-2.0-only
//
// The form that all JSON of pcpu has: an object with "schema", what it is about, and
// "notes". Stamped here and nowhere else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/render/json.hpp"

namespace percpu_scope::cli {

// What describe_documents() promises. A member that goes, or means something else, makes
// it one more.
inline constexpr unsigned schema = 1;

// What a reader of the numbers should know: sentences.
using Notes = std::vector<std::string>;

enum class Layout { compact, pretty };

// Puts "schema" in front and the notes behind, after those that it has. Of a document that
// is stamped already only the notes change: they become these. std::logic_error for what is
// no object.
void stamp(Json& document, const Notes& notes);

// A line, or several; whatever a counter or kernel is called, it is UTF-8.
std::string serialize(const Json& document, Layout layout);

// What programs may rely on, for --help and the manual.
std::string describe_documents();

}  // namespace percpu_scope::cli
