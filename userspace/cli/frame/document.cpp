// SPDX-License-Identifier: GPL-2.0-only
//
// Stamping and writing.
#include "cli/frame/document.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace percpu_scope::cli {

void stamp(Json& document, const Notes& notes) {
  if (!document.is_object()) throw std::logic_error("a document of pcpu is an object");
  const bool again = document.contains("schema");
  if (!again) {
    // Members of an ordered object cannot be moved up.
    Json stamped{{"schema", schema}};
    for (auto& [key, value] : document.items()) stamped[key] = std::move(value);
    document = std::move(stamped);
  }
  Json& all = document["notes"];
  if (again || all.is_null()) all = Json::array();
  for (const std::string& note : notes) all.push_back(note);
}

std::string serialize(const Json& document, Layout layout) {
  return document.dump(layout == Layout::pretty ? 2 : -1, ' ', false,
                       Json::error_handler_t::replace) +
         '\n';
}

std::string describe_documents() {
  return fmt::format(
      "JSON:\n"
      "  With -j and -p each document is an object: \"schema\" comes first and is {0}, \"notes\"\n"
      "  is a list of sentences that a reader of the numbers should know, and lists have\n"
      "  names: {{\"schema\": {0}, \"counters\": [...], \"notes\": []}}. Watching prints one on a\n"
      "  line for each look. Errors go to stderr: {{\"schema\": {0}, \"error\": {{...}}, ...}}.\n"
      "  While \"schema\" is {0}, members keep their names, types and meaning; new ones may\n"
      "  come. Storages, variants, fields and contexts are the module's words, and a newer\n"
      "  module has more of them. Where somebody else's work is why an error came, it says\n"
      "  who is \"in_the_way\". CPU numbers are numbers, but as keys; addresses are\n"
      "  hexadecimal text, times nanoseconds, rates per second.\n",
      schema);
}

}  // namespace percpu_scope::cli
