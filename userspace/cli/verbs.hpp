// SPDX-License-Identifier: GPL-2.0-only
//
// One function per verb: it adds its command to `parent`, and when that is
// parsed hands its work to the session. One file each; nothing else in them.
#pragma once

namespace percpu_scope::cli {

class Command;
class Session;

void add_info(const Command& parent, Session& session);
void add_offsets(const Command& parent, Session& session);
void add_counter_list(const Command& parent, Session& session);
void add_counter_read(const Command& parent, Session& session);
void add_counter_create(const Command& parent, Session& session);
void add_counter_destroy(const Command& parent, Session& session);
void add_counter_reset(const Command& parent, Session& session);
void add_counter_watch(const Command& parent, Session& session);
void add_idiom_list(const Command& parent, Session& session);
void add_control_list(const Command& parent, Session& session);
void add_control_run(const Command& parent, Session& session);
void add_hammer(const Command& parent, Session& session);
void add_verify(const Command& parent, Session& session);
void add_torture(const Command& parent, Session& session);
void add_count_calls(const Command& parent, Session& session);
void add_report(const Command& parent, Session& session);
void add_var_list(const Command& parent, Session& session);
void add_var_read(const Command& parent, Session& session);
void add_var_ptr(const Command& parent, Session& session);
void add_var_map(const Command& parent, Session& session);
void add_var_watch(const Command& parent, Session& session);
void add_var_diff(const Command& parent, Session& session);
void add_doctor(const Command& parent, Session& session);
void add_help(const Command& top, Session& session);

}  // namespace percpu_scope::cli
