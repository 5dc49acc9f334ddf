// SPDX-License-Identifier: GPL-2.0-only
//
// One function per verb: it adds its command to `parent`, and when that is
// parsed hands its work to the session. One file each; nothing else in them.
#pragma once

namespace CLI {
class App;
}

namespace percpu_scope::cli {

class Session;

void add_info(CLI::App& parent, Session& session);
void add_offsets(CLI::App& parent, Session& session);
void add_counter_list(CLI::App& parent, Session& session);
void add_counter_read(CLI::App& parent, Session& session);
void add_counter_create(CLI::App& parent, Session& session);
void add_counter_destroy(CLI::App& parent, Session& session);
void add_counter_reset(CLI::App& parent, Session& session);
void add_counter_watch(CLI::App& parent, Session& session);
void add_idiom_list(CLI::App& parent, Session& session);
void add_hammer(CLI::App& parent, Session& session);
void add_verify(CLI::App& parent, Session& session);
void add_report(CLI::App& parent, Session& session);

}  // namespace percpu_scope::cli
