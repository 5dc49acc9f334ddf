// SPDX-License-Identifier: GPL-2.0-only
//
// Flattening, and tables of leaves.
#include "cli/var/leaves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/render/text_table.hpp"
#include "inspect/catalogue/catalogue.hpp"

namespace percpu_scope::cli {
namespace {

// The columns: the CPUs of all variables, ascending, with their places.
using Places = std::map<std::string, std::size_t, LowerCpu>;

Places places_of(const Json& variables) {
  Places places;
  for (const Json& variable : variables)
    for (const auto& [cpu, value] : variable.at("values").items()) places.emplace(cpu, 0);
  std::size_t next = 0;
  for (auto& [cpu, place] : places) place = next++;
  return places;
}

// Text that would make a column wider than a screen; JSON and flat lines have all of it.
constexpr std::size_t widest_text = 40;

std::string cell_of(const Json& leaf, Numbers numbers) {
  if (leaf.is_string() && leaf.get_ref<const std::string&>().size() > widest_text) {
    const auto& text = leaf.get_ref<const std::string&>();
    return format_cell(fmt::format("{}... ({} characters)",
                                   std::string_view(text).substr(0, widest_text / 2), text.size()));
  }
  return format_cell(leaf, numbers);
}

void append_path(std::string& path, std::string_view more) {
  if (!more.empty() && more.front() != '[') path += '.';
  path += more;
}

void append_index(std::string& path, std::size_t index) { path += fmt::format("[{}]", index); }

// A value on each CPU, by place; null where there is none.
using Copies = std::vector<const Json*>;

bool is_leaf(const Json& value) { return !value.is_structured() || value.empty(); }

// The rows of variables. One walk over the copies of all CPUs side by side, since they have
// the same shape: but for a char array that is text on one CPU and none on another, and
// for copies that could not be read.
class LeafRows {
 public:
  LeafRows(TextTable& table, const Places& places, Numbers numbers, bool has_addresses)
      : table_(table), places_(places), numbers_(numbers), has_addresses_(has_addresses) {}

  void add(const Json& variable) {
    path_ = expression_of(variable);
    address_ = variable.contains("address") ? &variable.at("address") : nullptr;
    Copies copies(places_.size(), nullptr);
    for (const auto& [cpu, value] : variable.at("values").items()) copies[places_.at(cpu)] = &value;
    visit(copies);
  }

 private:
  void visit(const Copies& copies) {
    bool has_leaf = false;
    bool has_object = false;
    bool has_array = false;
    for (const Json* const copy : copies) {
      if (copy == nullptr) continue;
      if (is_leaf(*copy))
        has_leaf = true;
      else
        (copy->is_object() ? has_object : has_array) = true;
    }
    if (has_leaf) row(copies);
    if (has_object) members(copies);
    if (has_array) elements(copies);
  }

  void row(const Copies& copies) {
    table_.add(path_, false);
    for (const Json* const copy : copies) {
      if (copy == nullptr || !is_leaf(*copy))
        table_.add("-", true);
      else
        table_.add(cell_of(*copy, numbers_), is_numeric(*copy));
    }
    if (!has_addresses_) return;
    // Of the whole variable, so beside the first of its parts only.
    const Json* const address = std::exchange(address_, nullptr);
    table_.add(address == nullptr ? "-" : format_cell(*address),
               address == nullptr || is_numeric(*address));
  }

  static const Json::object_t* object_in(const Json* copy) {
    return copy != nullptr && copy->is_object() ? copy->get_ptr<const Json::object_t*>() : nullptr;
  }

  void members(const Copies& copies) {
    // Those of the first copy, and then what others have besides: a struct has the same on
    // all CPUs, in the same order.
    std::vector<std::size_t> seen(copies.size());
    for (std::size_t lead = 0; lead < copies.size(); ++lead) {
      const Json::object_t* const object = object_in(copies[lead]);
      if (object == nullptr || seen[lead] == object->size()) continue;
      for (std::size_t i = 0; i < object->size(); ++i) {
        const std::string& name = object->begin()[static_cast<std::ptrdiff_t>(i)].first;
        if (lead > 0 && was_before(copies, lead, i, name)) continue;
        Copies below(copies.size(), nullptr);
        for (std::size_t cpu = lead; cpu < copies.size(); ++cpu) {
          below[cpu] = member(object_in(copies[cpu]), i, name);
          if (below[cpu] != nullptr) ++seen[cpu];
        }
        const std::size_t length = path_.size();
        append_path(path_, name);
        visit(below);
        path_.resize(length);
      }
    }
  }

  static const Json* member(const Json::object_t* object, std::size_t place,
                            const std::string& name) {
    if (object == nullptr) return nullptr;
    if (place < object->size()) {
      const auto& here = object->begin()[static_cast<std::ptrdiff_t>(place)];
      if (here.first == name) return &here.second;
    }
    const auto found = object->find(name);
    return found == object->end() ? nullptr : &found->second;
  }

  static bool was_before(const Copies& copies, std::size_t lead, std::size_t place,
                         const std::string& name) {
    for (std::size_t cpu = 0; cpu < lead; ++cpu)
      if (member(object_in(copies[cpu]), place, name) != nullptr) return true;
    return false;
  }

  void elements(const Copies& copies) {
    std::size_t most = 0;
    for (const Json* const copy : copies)
      if (copy != nullptr && copy->is_array()) most = std::max(most, copy->size());
    Copies below(copies.size());
    for (std::size_t i = 0; i < most; ++i) {
      for (std::size_t cpu = 0; cpu < copies.size(); ++cpu) {
        const Json* const copy = copies[cpu];
        below[cpu] =
            copy != nullptr && copy->is_array() && i < copy->size() ? &(*copy)[i] : nullptr;
      }
      const std::size_t length = path_.size();
      append_index(path_, i);
      visit(below);
      path_.resize(length);
    }
  }

  TextTable& table_;
  const Places& places_;
  Numbers numbers_;
  bool has_addresses_;
  std::string path_;
  const Json* address_ = nullptr;  // until it has been told
};

void visit_leaves(const Json& value, std::string& path,
                  const std::function<void(const std::string& path, const Json& leaf)>& visit) {
  if (is_leaf(value)) return visit(path, value);
  const std::size_t length = path.size();
  if (value.is_object()) {
    for (const auto& [field, member] : *value.get_ptr<const Json::object_t*>()) {
      append_path(path, field);
      visit_leaves(member, path, visit);
      path.resize(length);
    }
    return;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    append_index(path, i);
    visit_leaves(value[i], path, visit);
    path.resize(length);
  }
}

}  // namespace

std::string expression_of(const Json& variable) {
  const std::string module = variable.at("module");
  const std::string prefix = module == inspect::kernel_name ? "" : module + "::";
  return join_path(prefix + variable.at("name").get<std::string>(), variable.at("path"));
}

std::string join_path(const std::string& path, const std::string& more) {
  std::string joined = path;
  append_path(joined, more);
  return joined;
}

bool LowerCpu::operator()(const std::string& left, const std::string& right) const {
  return left.size() != right.size() ? left.size() < right.size() : left < right;
}

void for_each_leaf(const Json& value, const std::string& path,
                   const std::function<void(const std::string& path, const Json& leaf)>& visit) {
  std::string here = path;
  visit_leaves(value, here, visit);
}

std::string render_reading(const Json& document, Numbers numbers) {
  const Json& variables = document.at("variables");
  const Places places = places_of(variables);
  const bool has_addresses =
      std::any_of(variables.begin(), variables.end(),
                  [](const Json& variable) { return variable.contains("address"); });
  TextTable table(1 + places.size() + (has_addresses ? 1 : 0));
  table.add_title("variable");
  for (const auto& [cpu, place] : places) table.add_title("cpu" + cpu);
  if (has_addresses) table.add_title("address");
  LeafRows rows(table, places, numbers, has_addresses);
  for (const Json& variable : variables) rows.add(variable);
  return table.render();
}

std::string render_flat(const Json& document) {
  std::string text;
  for (const Json& variable : document.at("variables")) {
    const std::string expression = expression_of(variable);
    for (const auto& [cpu, value] : variable.at("values").items())
      for_each_leaf(value, expression,
                    [&text, &cpu = cpu](const std::string& path, const Json& leaf) {
                      ((text += path) += ':') += cpu;
                      ((text += '=') += format_cell(leaf)) += '\n';
                    });
  }
  return text;
}

}  // namespace percpu_scope::cli
