// SPDX-License-Identifier: GPL-2.0-only
//
// Flattening, and tables of leaves.
#include "cli/var/leaves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inspect/catalogue/catalogue.hpp"

namespace percpu_scope::cli {
namespace {

// The CPUs of all variables, ascending.
std::set<std::string, LowerCpu> cpus_of(const Json& variables) {
  std::set<std::string, LowerCpu> cpus;
  for (const Json& variable : variables)
    for (const auto& [cpu, value] : variable.at("values").items()) cpus.insert(cpu);
  return cpus;
}

// Text that would make a column wider than a screen; JSON and flat lines have all of it.
constexpr std::size_t widest_text = 40;

Json shortened(const Json& leaf) {
  if (!leaf.is_string()) return leaf;
  const auto& text = leaf.get_ref<const std::string&>();
  if (text.size() <= widest_text) return leaf;
  return fmt::format("{}... ({} characters)", std::string_view(text).substr(0, widest_text / 2),
                     text.size());
}

// Rows of one variable: a char array may be text on one CPU and none on another, so
// that leaves are matched by path.
void add_rows(const Json& variable, Json& rows) {
  std::unordered_map<std::string, std::size_t> row_of;
  const std::size_t first = rows.size();
  for (const auto& [cpu, value] : variable.at("values").items()) {
    const std::string column = "cpu" + cpu;
    for_each_leaf(value, expression_of(variable), [&](const std::string& path, const Json& leaf) {
      const auto [found, is_new] = row_of.try_emplace(path, rows.size());
      if (is_new) rows.push_back({{"variable", path}});
      rows[found->second][column] = shortened(leaf);
    });
  }
  // Of the whole variable, so beside the first of its parts only.
  if (variable.contains("address") && rows.size() > first)
    rows[first]["address"] = variable.at("address");
}

}  // namespace

std::string expression_of(const Json& variable) {
  const std::string module = variable.at("module");
  const std::string prefix = module == inspect::kernel_name ? "" : module + "::";
  return join_path(prefix + variable.at("name").get<std::string>(), variable.at("path"));
}

std::string join_path(const std::string& path, const std::string& more) {
  return path + (more.empty() || more.front() == '[' ? "" : ".") + more;
}

bool LowerCpu::operator()(const std::string& left, const std::string& right) const {
  return left.size() != right.size() ? left.size() < right.size() : left < right;
}

void for_each_leaf(const Json& value, const std::string& path,
                   const std::function<void(const std::string& path, const Json& leaf)>& visit) {
  if (!value.is_structured() || value.empty()) return visit(path, value);
  if (value.is_object()) {
    for (const auto& [field, member] : value.items())
      for_each_leaf(member, join_path(path, field), visit);
    return;
  }
  for (std::size_t i = 0; i < value.size(); ++i)
    for_each_leaf(value[i], fmt::format("{}[{}]", path, i), visit);
}

std::string render_reading(const Json& document, Numbers numbers) {
  const Json& variables = document.at("variables");
  Json rows = Json::array();
  for (const Json& variable : variables) add_rows(variable, rows);
  std::vector<Column> columns{{"variable"}};
  for (const std::string& cpu : cpus_of(variables))
    columns.push_back({.key = "cpu" + cpu, .title = {}, .quantity = true});
  const auto has_address = [](const Json& variable) { return variable.contains("address"); };
  if (std::any_of(variables.begin(), variables.end(), has_address)) columns.push_back({"address"});
  return render_table(rows, columns, numbers);
}

std::string render_flat(const Json& document) {
  std::string text;
  for (const Json& variable : document.at("variables"))
    for (const auto& [cpu, value] : variable.at("values").items())
      for_each_leaf(value, expression_of(variable),
                    [&text, &cpu = cpu](const std::string& path, const Json& leaf) {
                      text += fmt::format("{}:{}={}\n", path, cpu, format_cell(leaf));
                    });
  return text;
}

}  // namespace percpu_scope::cli
