// SPDX-License-Identifier: GPL-2.0-only
//
// fmt's functions, compiled once: Debian has no static libfmt, and with FMT_HEADER_ONLY every
// file that formats would compile all of them. Here alone they are inline, and are there for
// others because all that formatting may come to is named: whole lines, and parts of joined ones.
#define FMT_HEADER_ONLY 1
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace percpu_scope {

extern std::string (*const compiled_vformat)(fmt::string_view, fmt::format_args);
std::string (*const compiled_vformat)(fmt::string_view, fmt::format_args) = &fmt::vformat;

}  // namespace percpu_scope
