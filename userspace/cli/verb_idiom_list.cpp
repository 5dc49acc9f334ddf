// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu idiom list: the ways to update, and what each promises.
#include <CLI/CLI.hpp>
#include <array>
#include <nlohmann/json.hpp>

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

void add_idiom_list(CLI::App& parent, Session& session) {
  CLI::App* command = parent.add_subcommand(
      "list", "Storages an idiom fits, contexts in which it conserves, and the kernel API");
  command->callback([&session] {
    session.on_run([&session] {
      const Device device = session.open(Access::read_only);
      session.print(document_of(device.idioms()), render);
      return ExitCode::ok;
    });
  });
}

}  // namespace percpu_scope::cli
