// SPDX-License-Identifier: GPL-2.0-only
//
// Documents of descriptions and snapshots.
#include "cli/module/documents.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace percpu_scope::cli {
namespace {

constexpr std::array features{
    std::pair<std::uint64_t, std::string_view>{PERCPU_SCOPE_FEATURE_CONTROLS, "controls"},
    std::pair<std::uint64_t, std::string_view>{PERCPU_SCOPE_FEATURE_SYNCP, "syncp"},
    std::pair<std::uint64_t, std::string_view>{PERCPU_SCOPE_FEATURE_RAW, "raw"},
    std::pair<std::uint64_t, std::string_view>{PERCPU_SCOPE_FEATURE_RT, "rt"},
    std::pair<std::uint64_t, std::string_view>{PERCPU_SCOPE_FEATURE_NMI, "nmi"},
    std::pair<std::uint64_t, std::string_view>{PERCPU_SCOPE_FEATURE_SMP, "smp"},
    std::pair<std::uint64_t, std::string_view>{PERCPU_SCOPE_FEATURE_KPROBES, "kprobes"},
    std::pair<std::uint64_t, std::string_view>{PERCPU_SCOPE_FEATURE_PREEMPT, "preempt"},
};

Json feature_names(const Info& info) {
  Json names = Json::array();
  for (const auto& [bit, name] : features)
    if (info.has(bit)) names.push_back(name);
  return names;
}

}  // namespace

std::string hexadecimal(std::uint64_t address) { return fmt::format("{:#018x}", address); }

Json document_of(const Info& info) {
  return Json{{"kernel", info.release},
              {"abi_version", info.abi_version},
              {"bits_per_long", info.bits_per_long},
              {"features", feature_names(info)},
              {"possible_cpus", info.possible_cpus},
              {"online_cpus", info.online_cpus},
              {"counters", info.counters},
              {"dynamic_counters", info.dynamic_counters},
              {"dynamic_counters_max", info.dynamic_counters_max},
              {"dynamic_bytes", info.dynamic_bytes},
              {"dynamic_bytes_max", info.dynamic_bytes_max},
              {"probes", info.probes},
              {"probes_max", info.probes_max},
              {"kinds", info.kinds},
              {"idioms", info.idioms},
              {"page_size", info.page_size},
              {"cache_line_size", info.cache_line_size},
              {"min_generator_period_ns", info.min_generator_period_ns}};
}

Json document_of(std::span<const Cpu> cpus, std::span<const Cpu> raw) {
  Json list = Json::array();
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    Json cpu{{"cpu", cpus[i].number},
             {"node", cpus[i].node},
             {"online", cpus[i].online},
             {"delta", hexadecimal(cpus[i].offset)}};
    if (!raw.empty()) cpu["raw"] = hexadecimal(raw[i].offset);
    list.push_back(std::move(cpu));
  }
  return list;
}

Json document_of(const Counter& counter) {
  const bool shown = counter.is_percpu() && !counter.is_apart();
  Json fields = Json::array();
  for (const Field& field : counter.fields)
    fields.push_back({{"name", field.name}, {"weight", field.weight}, {"bits", field.bits}});
  return Json{{"id", static_cast<std::uint32_t>(counter.id)},
              {"name", counter.name},
              {"origin", to_string(counter.origin)},
              {"variant", to_string(counter.variant)},
              {"storage", to_string(counter.storage)},
              {"size", counter.size},
              {"align", counter.align},
              {"pointer", shown ? Json(hexadecimal(counter.percpu_pointer)) : Json()},
              {"unskewed", counter.is_unskewed()},
              {"folds", counter.folds()},
              {"spoilt", counter.is_spoilt()},
              {"temporary", counter.is_temporary()},
              {"fields", std::move(fields)}};
}

Json document_of(std::span<const Counter> counters) {
  Json list = Json::array();
  for (const Counter& counter : counters) list.push_back(document_of(counter));
  return list;
}

Json document_of(const Idiom& idiom, std::span<const ContextDescription> names) {
  return Json{{"id", static_cast<std::uint32_t>(idiom.id)},
              {"name", idiom.name},
              {"storages", Json::array({to_string(idiom.storage)})},
              {"conserved", document_of(idiom.conserved, names)},
              {"runnable", document_of(idiom.runnable, names)},
              {"pattern", idiom.is_pattern()},
              {"control", idiom.is_control()},
              {"untorn", idiom.is_untorn()},
              {"transient", idiom.is_transient()},
              {"call", idiom.call}};
}

Json document_of(std::span<const Idiom> idioms, std::span<const ContextDescription> names) {
  Json list = Json::array();
  for (const Idiom& idiom : idioms) list.push_back(document_of(idiom, names));
  return list;
}

Json document_of(ContextSet contexts, std::span<const ContextDescription> names) {
  Json words = Json::array();
  for (const Context context : contexts.elements()) words.push_back(to_string(context, names));
  return words;
}

Json document_of(const Tally& tally) {
  Json document = Json::object();
  for (std::uint32_t number = 0; number < tally.by_context.size(); ++number) {
    const auto context = static_cast<Context>(number);
    // Of contexts that this program does not know, those alone that there was anything in.
    if (number < context_count || tally[context] != 0)
      document[to_string(context)] = tally[context];
  }
  return document;
}

Json values_document(const Counter& counter, const Record& record, std::span<const Cpu> cpus) {
  Json fields = Json::array();
  for (std::size_t field = 0; field < record.field_count; ++field) {
    Json values = Json::object();
    for (std::size_t i = 0; i < cpus.size(); ++i)
      values[std::to_string(cpus[i].number)] = record.value(field, i);
    fields.push_back({{"name", counter.fields.at(field).name},
                      {"shared", record.shared[field]},
                      {"cpus", std::move(values)},
                      {"sum", record.sum[field]}});
  }
  return Json{{"id", static_cast<std::uint32_t>(counter.id)},
              {"name", counter.name},
              {"starved", record.starved},
              {"fields", std::move(fields)}};
}

Json value_rows(const Json& counters) {
  Json rows = Json::array();
  for (const Json& counter : counters)
    for (const Json& field : counter.at("fields")) {
      Json row{{"counter", counter.at("name")},
               {"field", field.at("name")},
               {"shared", field.at("shared")}};
      for (const auto& [cpu, value] : field.at("cpus").items()) row["cpu" + cpu] = value;
      row["sum"] = field.at("sum");
      if (counter.contains("starved")) row["starved"] = counter.at("starved");
      rows.push_back(std::move(row));
    }
  return rows;
}

}  // namespace percpu_scope::cli
