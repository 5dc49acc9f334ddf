// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu idiom list: the ways to update, and what each promises.
#include <array>
#include <nlohmann/json.hpp>

#include "cli/command_line.hpp"
#include "cli/documents.hpp"
#include "cli/selection.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

std::string render(const Json& idioms, Numbers numbers) {
  static const std::array columns{Column{"name"},     Column{"storages"}, Column{"conserved"},
                                  Column{"runnable"}, Column{"pattern"},  Column{"control"},
                                  Column{"untorn"},   Column{"call"}};
  return render_table(idioms, columns, numbers);
}

}  // namespace

void add_idiom_list(const Command& parent, Session& session) {
  const Command command = parent.add(
      "list", "Storages an idiom fits, contexts in which it conserves, and the kernel API");
  command.on_run(session, [&session] {
    const Device device = session.open(Access::read_only);
    session.print(document_of(device.idioms()), render);
    return ExitCode::ok;
  });
}

}  // namespace percpu_scope::cli
