// SPDX-License-Identifier: GPL-2.0-only
//
// fmt's functions, compiled once: Debian has no static libfmt, and with FMT_HEADER_ONLY every
// file that formats would compile all of them. Here alone they are inline, and are there for
// others because all that formatting may come to is named: whole lines, and parts of joined ones.
#define FMT_HEADER_ONLY 1
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace percpu_scope {

extern std::string (*const compiled_vformat)(fmt::string_view, fmt::format_args);
std::string (*const compiled_vformat)(fmt::string_view, fmt::format_args) = &fmt::vformat;
// Of strings in ranges, which are quoted: fmt 11 calls it out of line where 9 did not.
extern bool (*const compiled_is_printable)(std::uint32_t);
bool (*const compiled_is_printable)(std::uint32_t) = &fmt::detail::is_printable;

}  // namespace percpu_scope
