// SPDX-License-Identifier: GPL-2.0-only
//
// Two saved readings, leaf by leaf.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/exit_code.hpp"
#include "cli/leaves.hpp"

namespace percpu_scope::cli {
namespace {

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw UsageError(file + " was not saved from pcpu var read -j: " + why);
}

void check_variable(const Json& variable, const std::string& file, std::size_t number) {
  const std::string which = fmt::format("variable {}", number);
  if (!variable.is_object()) refuse(file, which + " is no object");
  for (const char* const key : {"name", "module", "path", "type"})
    if (!variable.contains(key) || !variable.at(key).is_string())
      refuse(file, fmt::format("{} has no text \"{}\"", which, key));
  if (!variable.contains("values") || !variable.at("values").is_object())
    refuse(file, which + " has no object \"values\"");
}

// after - before; nothing if it does not fit into 64 bits with its sign.
std::optional<Json> subtract(const Json& after, const Json& before) {
  if (!after.is_number_integer() || !before.is_number_integer()) return std::nullopt;
  const auto is_negative = [](const Json& number) {
    return !number.is_number_unsigned() && number.get<std::int64_t>() < 0;
  };
  // Modulo 2^64 both subtractions are right; what is left to find out is the sign.
  const std::uint64_t up = after.get<std::uint64_t>() - before.get<std::uint64_t>();
  const bool after_negative = is_negative(after);
  const bool before_negative = is_negative(before);
  const bool rises = after_negative == before_negative
                         ? after.get<std::uint64_t>() >= before.get<std::uint64_t>()
                         : before_negative;
  // Of opposite signs the distance may be more than 2^64 - 1: then it has wrapped.
  if (after_negative != before_negative) {
    const std::uint64_t positive = (rises ? after : before).get<std::uint64_t>();
    const std::uint64_t distance = rises ? up : 0 - up;
    if (distance < positive) return std::nullopt;
  }
  if (rises) return Json(up);
  const std::uint64_t down = 0 - up;
  constexpr std::uint64_t lowest = std::uint64_t{1} << 63;
  if (down > lowest) return std::nullopt;
  return Json(static_cast<std::int64_t>(up));
}

class Comparison {
 public:
  void compare(const std::string& expression, const std::string& cpu, const Json& before,
               const Json& after) {
    if (before == after) return;
    if (before.is_object() && after.is_object()) {
      for (const auto& [field, value] : before.items())
        compare(join_path(expression, field), cpu, value, member(after, field));
      for (const auto& [field, value] : after.items())
        if (!before.contains(field)) compare(join_path(expression, field), cpu, Json(), value);
    } else if (before.is_array() && after.is_array()) {
      for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i)
        compare(fmt::format("{}[{}]", expression, i), cpu, i < before.size() ? before[i] : Json(),
                i < after.size() ? after[i] : Json());
    } else {
      add(expression, cpu, before, after, {});
    }
  }

  void add(const std::string& expression, const Json& cpu, const Json& before, const Json& after,
           std::string_view note) {
    differences_.push_back({{"variable", expression},
                            {"cpu", cpu},
                            {"before", before},
                            {"after", after},
                            {"difference", subtract(after, before).value_or(Json())},
                            {"note", note.empty() ? Json() : Json(note)}});
  }

  Json take() { return std::move(differences_); }

 private:
  static Json member(const Json& object, const std::string& key) {
    return object.contains(key) ? object.at(key) : Json();
  }

  Json differences_ = Json::array();
};

std::map<std::string, const Json*> by_expression(const Json& variables) {
  std::map<std::string, const Json*> found;
  for (const Json& variable : variables) found.emplace(expression_of(variable), &variable);
  return found;
}

void compare_variables(Comparison& comparison, const std::string& expression, const Json& before,
                       const Json& after) {
  if (before.at("type") != after.at("type"))
    return comparison.add(expression, Json(), before.at("type"), after.at("type"), "type changed");
  const Json& old_values = before.at("values");
  const Json& new_values = after.at("values");
  for (const auto& [cpu, value] : old_values.items())
    if (new_values.contains(cpu))
      comparison.compare(expression, cpu, value, new_values.at(cpu));
    else
      comparison.add(expression, cpu, value, Json(), "CPU only in the first");
  for (const auto& [cpu, value] : new_values.items())
    if (!old_values.contains(cpu))
      comparison.add(expression, cpu, Json(), value, "CPU only in the second");
}

}  // namespace

Json parse_reading(const std::string& text, const std::string& file) {
  Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) refuse(file, "it is no JSON");
  if (!document.is_object() || !document.contains("variables") ||
      !document.at("variables").is_array())
    refuse(file, "it has no list \"variables\"");
  std::size_t number = 0;
  for (const Json& variable : document.at("variables")) check_variable(variable, file, ++number);
  return document;
}

Json compare_readings(const Json& before, const Json& after) {
  Comparison comparison;
  const auto old_variables = by_expression(before.at("variables"));
  const auto new_variables = by_expression(after.at("variables"));
  for (const auto& [expression, variable] : old_variables)
    if (const auto same = new_variables.find(expression); same != new_variables.end())
      compare_variables(comparison, expression, *variable, *same->second);
    else
      comparison.add(expression, Json(), Json(), Json(), "only in the first");
  for (const auto& [expression, variable] : new_variables)
    if (!old_variables.contains(expression))
      comparison.add(expression, Json(), Json(), Json(), "only in the second");
  Json differences = comparison.take();
  const bool same = differences.empty();
  return Json{{"same", same}, {"differences", std::move(differences)}};
}

std::string render_differences(const Json& document, Numbers numbers) {
  static const std::array columns{Column{"variable"},
                                  Column{"cpu"},
                                  Column{"before", {}, true},
                                  Column{"after", {}, true},
                                  Column{"difference", {}, true},
                                  Column{"note"}};
  // As diff(1): nothing to tell, nothing told.
  return document.at("same").get<bool>()
             ? std::string{}
             : render_table(document.at("differences"), columns, numbers);
}

}  // namespace percpu_scope::cli
