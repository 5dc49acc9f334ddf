// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu info: what the module says of itself and the kernel.
#include <nlohmann/json.hpp>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/documents.hpp"
#include "cli/module/selection.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {

void add_info(const Command& parent, Session& session) {
  const Command command = parent.add("info", "Kernel, module, features and limits");
  command.on_run(session, [&session] {
    const Device device = session.open(Access::read_only);
    session.print(document_of(device.info()), render_list);
    return ExitCode::ok;
  });
}

}  // namespace percpu_scope::cli
