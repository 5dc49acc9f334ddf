// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu offsets: where the per-CPU area of each possible CPU lies.
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

void add_offsets(const Command& parent, Session& session) {
  const Command command =
      parent.add("offsets", "per_cpu_offset() of each possible CPU, from the first one's");
  const auto raw = std::make_shared<bool>(false);
  command.flag("--addr", *raw, "raw offsets too; needs CAP_SYSLOG");
  command.on_run(session, [&session, raw] {
    const Device device = session.open(Access::read_only);
    const std::vector<Cpu> cpus = device.cpus();
    const std::vector<Cpu> raw_cpus = *raw ? device.cpus(Addresses::raw) : std::vector<Cpu>{};
    session.print_list("cpus", document_of(cpus, raw_cpus), [&](const Json& rows, Numbers numbers) {
      std::vector<Column> columns{{"cpu"}, {"node"}, {"online"}, {"delta"}};
      if (*raw) columns.push_back({"raw"});
      return render_table(rows, columns, numbers);
    });
    return ExitCode::ok;
  });
}

}  // namespace percpu_scope::cli
