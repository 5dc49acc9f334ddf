// SPDX-License-Identifier: GPL-2.0-only
#include "cli/proof/promise_documents.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "percpu_scope/prove/promises.hpp"

namespace percpu_scope::cli {
namespace {

std::string_view spell(Promise promise) {
  switch (promise) {
    case Promise::kept:
      return "promised";
    case Promise::lossy:
      return "not promised";
    case Promise::refused:
      return "refused";
  }
  return "?";
}

// In a table cell; '|' would end it.
std::string escaped(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '|') escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

}  // namespace

Promise promise_of(const Idiom& idiom, Context context, const Info& info, ContextSet kept_out) {
  switch (expectation_of(idiom, {Context::task, context}, generatable_contexts(info), kept_out)) {
    case Expectation::conserved:
      return Promise::kept;
    case Expectation::finding:
      return Promise::lossy;
    case Expectation::refused:
      break;
  }
  return Promise::refused;
}

Json promise_rows(std::span<const Idiom> idioms, const Info& info) {
  const ContextSet generatable = generatable_contexts(info);
  Json rows = Json::array();
  for (const Idiom& idiom : idioms) {
    Json row{{"idiom", idiom.name}, {"call", idiom.call}, {"control", idiom.is_control()}};
    for (const Context context : all_contexts)
      row[std::string(to_string(context))] =
          generatable.contains(context) ? Json(spell(promise_of(idiom, context, info))) : Json();
    row["softirq_bh_off"] =
        spell(promise_of(idiom, Context::softirq, info, kept_out_by_tasks(info, true)));
    row["untorn"] = idiom.is_untorn();
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string render_promises(const Json& document) {
  std::string text = "| idiom | the kernel's API |";
  std::string rule = "|---|---|";
  for (const Context context : all_contexts) {
    text += fmt::format(" {} |", to_string(context));
    rule += ":-:|";
  }
  text += " softirq, BH off | read untorn |\n" + rule + ":-:|:-:|\n";
  const auto mark = [](const Json& promise) -> std::string_view {
    if (promise.is_null()) return " ";
    if (promise == spell(Promise::kept)) return "✓";
    return promise == spell(Promise::lossy) ? "–" : "✗";
  };
  for (const Json& row : document.at("rows")) {
    if (row.at("control").get<bool>()) continue;
    text += fmt::format("| `{}` | `{}` |", row.at("idiom").get<std::string>(),
                        escaped(row.at("call").get<std::string>()));
    for (const Context context : all_contexts)
      text += fmt::format(" {} |", mark(row.at(std::string(to_string(context)))));
    text += fmt::format(" {} |", mark(row.at("softirq_bh_off")));
    text += fmt::format(" {} |\n", row.at("untorn").get<bool>() ? "✓" : "–");
  }
  return text +
         fmt::format(
             "\n{}, Linux {}. Updates from tasks and from the context on the same copy: "
             "✓ none is lost, promised; – not promised, may lose; ✗ refused, it would "
             "hang or wait. BH off: the tasks update with bottom halves off. Read untorn: by "
             "another CPU, no half-written value.\n",
             document.at("machine").get<std::string>(), document.at("kernel").get<std::string>());
}

}  // namespace percpu_scope::cli
