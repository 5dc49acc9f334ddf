// SPDX-License-Identifier: GPL-2.0-only
//
// Types spelled as C does. For Btf::spell() and Btf::find(), which are all that users
// need.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/btf/btf.hpp"

namespace percpu_scope::inspect {

// More layers than any C has: "int (*[4])(struct foo *, long)" takes 8.
inline constexpr int most_layers = 256;

// What stands between blanks.
std::vector<std::string_view> words_of(std::string_view text);
// One spelling for what C and compilers spell in several ways: "long unsigned int"
// is "unsigned long".
std::string canonical(std::span<const std::string_view> words);
// "struct", "union", "enum", or nothing for what is none of these.
std::string_view keyword(const ::btf_type& type);

// "const struct foo *[4]". malformed_btf for a type made of itself.
std::string spell_type(const Btf& btf, TypeId id);

}  // namespace percpu_scope::inspect
