// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu info: what the module says of itself and the kernel.
#include <CLI/CLI.hpp>

#include <nlohmann/json.hpp>

#include "cli/documents.hpp"
#include "cli/selection.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {

void add_info(CLI::App& parent, Session& session) {
  CLI::App* command = parent.add_subcommand("info", "Kernel, module, features and limits");
  command->callback([&session] {
    session.on_run([&session] {
      const Device device = session.open(Access::read_only);
      session.print(document_of(device.info()), render_list);
      return ExitCode::ok;
    });
  });
}

}  // namespace percpu_scope::cli
