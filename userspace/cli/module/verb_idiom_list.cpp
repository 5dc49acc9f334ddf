// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu idiom list: the ways to update, and what each promises.
#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/documents.hpp"
#include "cli/proof/promise_documents.hpp"
#include "cli/proof/this_machine.hpp"
#include "cli/verbs.hpp"
#include "percpu_scope/prove/controls.hpp"

namespace percpu_scope::cli {
namespace {

std::string render(const Json& idioms, Numbers numbers) {
  static const std::array columns{Column{"name"},     Column{"storages"}, Column{"conserved"},
                                  Column{"runnable"}, Column{"pattern"},  Column{"control"},
                                  Column{"untorn"},   Column{"call"}};
  return render_table(idioms, columns, numbers);
}

Json promises(const Device& device) {
  const Machine machine = this_machine(device);
  return Json{{"machine", machine.name},
              {"kernel", machine.info.release},
              {"rows", promise_rows(device.idioms(), machine.info)}};
}

}  // namespace

void add_idiom_list(const Command& parent, Session& session) {
  const Command command = parent.add(
      "list", "The storage an idiom fits, contexts in which it conserves, and the kernel API");
  const auto table = std::make_shared<bool>(false);
  command.flag("--table", *table, "what is safe where: idioms and contexts, in Markdown");
  const auto names = std::make_shared<bool>(false);
  command.flag("--names", *names, "nothing but names, one a line");
  command.on_run(session, [&session, table, names] {
    const Device device = session.open(Access::read_only);
    if (*names) return print_names(session, device.idioms());
    if (*table)
      session.print(promises(device),
                    [](const Json& document, Numbers) { return render_promises(document); });
    else
      session.print_list("idioms", document_of(device.idioms(), device.contexts()), render);
    return ExitCode::ok;
  });
}

}  // namespace percpu_scope::cli
