// SPDX-License-Identifier: GPL-2.0-only
//
// pcpu counter create: a dynamic counter by name.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/frame/command_line.hpp"
#include "cli/frame/session.hpp"
#include "cli/module/documents.hpp"
#include "cli/module/selection.hpp"
#include "cli/verbs.hpp"

namespace percpu_scope::cli {
namespace {

struct CreateArguments {
  std::string name;
  std::string storage{to_string(Storage::u64)};
  std::string variant{to_string(Variant::alloc_percpu)};
  std::uint64_t size = 0;
  std::uint64_t align = 0;
};

ExitCode run_create(const Session& session, const CreateArguments& arguments) {
  const Device device = session.open(Access::read_write);
  const Create request{.name = arguments.name,
                       .storage = find_kind(device.kinds(), arguments.storage).storage,
                       .variant = find_variant(device.variants(), arguments.variant).variant,
                       .size = arguments.size,
                       .align = arguments.align};
  const CounterId id = device.create(request);
  session.print(Json{{"id", static_cast<std::uint32_t>(id)}, {"name", request.name}}, render_list);
  return ExitCode::ok;
}

}  // namespace

void add_counter_create(const Command& parent, Session& session) {
  const Command command =
      parent.add("create", "Make a dynamic counter; it lives until destroyed or the module goes");
  const auto arguments = std::make_shared<CreateArguments>();
  command.option("name", arguments->name, "letters, digits, '_', '-' and '.'", Presence::required);
  command.option("--storage", arguments->storage, "how it lies in memory: a per-CPU storage");
  command.option("--variant", arguments->variant,
                 "the call that makes it: alloc_percpu, __alloc_percpu or alloc_percpu_gfp");
  command.option("--size", arguments->size, "bytes; __alloc_percpu only");
  command.option("--align", arguments->align, "bytes; __alloc_percpu only");
  command.on_run(session, [&session, arguments] { return run_create(session, *arguments); });
}

}  // namespace percpu_scope::cli
