// SPDX-License-Identifier: GPL-2.0-only
#include "cli/var/reading.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/var/leaves.hpp"
#include "inspect/kernel/addresses.hpp"
#include "inspect/kernel/symbols.hpp"

namespace percpu_scope::cli {
namespace {

// What could not be read, for people: how much, and the first with its reason.
std::string describe_unread(const Json& variables) {
  std::size_t count = 0;
  std::string first;
  for (const Json& variable : variables) {
    if (!variable.contains("unread") || ++count > 1) continue;
    first = expression_of(variable) + ": " + variable.at("unread").get<std::string>();
  }
  if (count == 0) return {};
  return fmt::format("{} of {} could not be read on every CPU; {}", count, variables.size(), first);
}

}  // namespace

Json named_document(const NamedPlace& named) {
  return Json{{"name", named.name},
              {"module", named.module},
              {"path", named.place.path},
              {"type", named.btf->spell(named.place.type)},
              {"size", named.place.size}};
}

Json reading_document(const NamedPlace& named, std::span<const std::uint32_t> cpus,
                      const inspect::Decoding& decoding,
                      const std::function<inspect::Copy(std::uint32_t cpu)>& copy,
                      const std::function<std::string()>& why) {
  Json document = named_document(named);
  Json values = Json::object();
  // Json's own push_back() compares with every member that is there already.
  auto& members = values.get_ref<Json::object_t&>();
  members.reserve(cpus.size());
  bool all = true;
  for (const std::uint32_t cpu : cpus) {
    const inspect::Copy read = copy(cpu);
    all = all && read.read;
    members.emplace_back(
        std::to_string(cpu),
        read.read ? decode(*named.btf, named.place, read.bytes, decoding) : Json());
  }
  document["values"] = std::move(values);
  if (!all) document["unread"] = why();
  return document;
}

std::vector<std::optional<std::uint64_t>> kernel_addresses(
    const inspect::Catalogue& catalogue, std::span<const inspect::Variable* const> variables) {
  return inspect::addresses_of(catalogue, variables,
                               inspect::Symbols::load(inspect::symbols_for(catalogue, variables)));
}

Notes unseen_modules(const inspect::Catalogue& catalogue) {
  std::string names;
  for (const inspect::Catalogue::Failure& failure : catalogue.failures())
    names += (names.empty() ? "" : ", ") + failure.module;
  if (names.empty()) return {};
  return {"not looked into, their BTF cannot be read: " + names + "; pcpu doctor tells more"};
}

bool print_reading(const Session& session, inspect::Method method, Json variables, bool flat,
                   Notes notes) {
  const std::string unread = describe_unread(variables);
  if (!unread.empty()) notes.push_back(unread);
  session.print(
      Json{{"method", inspect::to_string(method)}, {"variables", std::move(variables)}},
      [&](const Json& reading, Numbers numbers) {
        return flat ? render_flat(reading) : render_reading(reading, numbers);
      },
      notes);
  return unread.empty();
}

}  // namespace percpu_scope::cli
