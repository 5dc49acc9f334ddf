// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu counter list: what each counter is.
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/documents.hpp"
#include "cli/module/selection.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

std::string render_counters(const Json& counters, Numbers numbers) {
  static const std::array columns{Column{"id"},        Column{"name"},
                                  Column{"origin"},    Column{"variant"},
                                  Column{"storage"},   Column{"size"},
                                  Column{"align"},     Column{"pointer"},
                                  Column{"temporary"}, Column{"field_names", "fields"}};
  Json rows = counters;
  for (Json& row : rows) {
    row["field_names"] = Json::array();
    for (const Json& field : row["fields"]) row["field_names"].push_back(field.at("name"));
  }
  return render_table(rows, columns, numbers);
}

}  // namespace

void add_counter_list(const Command& parent, Session& session) {
  const Command command = parent.add("list", "Name, origin, variant, storage and placement");
  const auto raw = std::make_shared<bool>(false);
  command.flag("--addr", *raw,
               "raw __percpu pointers instead of distances from the lowest; needs CAP_SYSLOG");
  const auto names = std::make_shared<bool>(false);
  command.flag("--names", *names, "nothing but names, one a line");
  command.on_run(session, [&session, raw, names] {
    const Device device = session.open(Access::read_only);
    if (*names) return print_names(session, device.counters());
    session.print_list("counters",
                       document_of(device.counters(*raw ? Addresses::raw : Addresses::relative)),
                       render_counters);
    return ExitCode::ok;
  });
}

}  // namespace percpu_scope::cli
