// SPDX-License-Identifier: GPL-2.0-only
//
// Reading what was saved, and comparing.
#include "cli/var/differences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/frame/document.hpp"
#include "cli/frame/exit_code.hpp"
#include "cli/var/leaves.hpp"

namespace percpu_scope::cli {
namespace {

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw UsageError(file + " was not saved from pcpu var read -j: " + why);
}

// A key of "values" as what it stands for.
std::optional<std::uint32_t> cpu_number(std::string_view key) {
  std::uint32_t number = 0;
  const char* const end = key.data() + key.size();
  const auto [stopped, error] = std::from_chars(key.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

void check_variable(const Json& variable, const std::string& file, std::size_t number) {
  const std::string which = fmt::format("variable {}", number);
  if (!variable.is_object()) refuse(file, which + " is no object");
  for (const char* const key : {"name", "module", "path", "type"})
    if (!variable.contains(key) || !variable.at(key).is_string())
      refuse(file, fmt::format("{} has no text \"{}\"", which, key));
  if (!variable.contains("values") || !variable.at("values").is_object())
    refuse(file, which + " has no object \"values\"");
  for (const auto& [cpu, value] : variable.at("values").items())
    if (!cpu_number(cpu)) refuse(file, fmt::format("{} has values of \"{}\", no CPU", which, cpu));
}

// Saved by this pcpu or an older one, which did not say so.
void check_schema(const Json& document, const std::string& file) {
  const auto found = document.find("schema");
  if (found != document.end() && *found != schema)
    refuse(file, fmt::format("its schema is {}, and not {}", found->dump(), schema));
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
  void compare(const std::string& expression, std::uint32_t cpu, const Json& before,
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
                            {"note", note_of(note)}});
  }

  // Which of several that have the same expression is compared from now on: for notes.
  void set_which(std::string which) { which_ = std::move(which); }

  Json take() { return std::move(differences_); }

 private:
  static Json member(const Json& object, const std::string& key) {
    return object.contains(key) ? object.at(key) : Json();
  }
  [[nodiscard]] Json note_of(std::string_view note) const {
    if (note.empty() || which_.empty()) {
      const std::string text = std::string(note) + which_;
      return text.empty() ? Json() : Json(text);
    }
    return fmt::format("{}; {}", note, which_);
  }

  std::string which_;
  Json differences_ = Json::array();
};

// Of one variable, however many entries of the file have some of them.
using Values = std::map<std::uint32_t, const Json*>;
// Of all that has the same expression, by type, since a pointer may be read as several;
// one after the other where an object has several variables of the same name.
using Readings = std::map<std::string, std::vector<Values>>;

// An entry may have some of the CPUs only. One that is there already is another variable's.
void add_values(std::vector<Values>& same, const Json& values) {
  if (same.empty()) same.emplace_back();
  for (const auto& [key, value] : values.items()) {
    const std::uint32_t cpu = cpu_number(key).value();
    std::size_t i = 0;
    while (i < same.size() && same[i].contains(cpu)) ++i;
    if (i == same.size()) same.emplace_back();
    same[i].emplace(cpu, &value);
  }
}

std::map<std::string, Readings> by_expression(const Json& variables) {
  std::map<std::string, Readings> found;
  for (const Json& variable : variables)
    add_values(found[expression_of(variable)][variable.at("type").get<std::string>()],
               variable.at("values"));
  return found;
}

std::string ordinal(std::size_t place) {
  constexpr std::array words{"first", "second", "third"};
  return place < words.size() ? words[place] : fmt::format("{}th", place + 1);
}

void compare_values(Comparison& comparison, const std::string& expression, const Values& before,
                    const Values& after) {
  for (const auto& [cpu, value] : before)
    if (const auto same = after.find(cpu); same != after.end())
      comparison.compare(expression, cpu, *value, *same->second);
    else
      comparison.add(expression, cpu, *value, Json(), "CPU only in the first");
  for (const auto& [cpu, value] : after)
    if (!before.contains(cpu))
      comparison.add(expression, cpu, Json(), *value, "CPU only in the second");
}

// What has the same type, too: in order. `type`: to be told, or empty.
void compare_in_order(Comparison& comparison, const std::string& expression,
                      const std::string& type, const std::vector<Values>& before,
                      const std::vector<Values>& after) {
  for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
    std::string which = type.empty() ? "" : "as " + type;
    if (i > 0) which += (which.empty() ? "the " : "; the ") + ordinal(i) + " of its name";
    comparison.set_which(std::move(which));
    if (i < before.size() && i < after.size())
      compare_values(comparison, expression, before[i], after[i]);
    else
      comparison.add(expression, Json(), Json(), Json(),
                     i < before.size() ? "only in the first" : "only in the second");
  }
  comparison.set_which({});
}

void compare_expression(Comparison& comparison, const std::string& expression,
                        const Readings& before, const Readings& after) {
  const bool has_one = before.size() <= 1 && after.size() <= 1;
  std::set<std::string> types;
  for (const Readings* const readings : {&before, &after})
    for (const auto& [type, values] : *readings) types.insert(type);
  if (has_one && types.size() == 2)
    return comparison.add(expression, Json(), before.begin()->first, after.begin()->first,
                          "type changed");
  const auto of = [](const Readings& readings, const std::string& type) {
    const auto found = readings.find(type);
    return found == readings.end() ? std::vector<Values>{} : found->second;
  };
  for (const std::string& type : types)
    compare_in_order(comparison, expression, has_one ? "" : type, of(before, type),
                     of(after, type));
}

}  // namespace

Json parse_reading(const std::string& text, const std::string& file) {
  // What is nested deeper than any C type would be compared until the stack ends.
  constexpr int deepest = 128;
  const auto check_depth = [&file](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
    if (depth > deepest) refuse(file, "it is nested too deep");
    return true;
  };
  Json document = Json::parse(text, check_depth, false);
  if (document.is_discarded()) refuse(file, "it is no JSON");
  if (!document.is_object() || !document.contains("variables") ||
      !document.at("variables").is_array())
    refuse(file, "it has no list \"variables\"");
  check_schema(document, file);
  std::size_t number = 0;
  for (const Json& variable : document.at("variables")) check_variable(variable, file, ++number);
  return document;
}

Json compare_readings(const Json& before, const Json& after) {
  Comparison comparison;
  const auto old_variables = by_expression(before.at("variables"));
  const auto new_variables = by_expression(after.at("variables"));
  for (const auto& [expression, readings] : old_variables) {
    const auto same = new_variables.find(expression);
    compare_expression(comparison, expression, readings,
                       same == new_variables.end() ? Readings{} : same->second);
  }
  for (const auto& [expression, readings] : new_variables)
    if (!old_variables.contains(expression))
      compare_expression(comparison, expression, {}, readings);
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
