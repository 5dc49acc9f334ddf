// SPDX-License-Identifier: GPL-2.0-only
//
// Types and variables by their names. For Btf::find(), which says what a spelling may be.
#pragma once

#include <optional>
#include <string_view>

#include "inspect/btf/btf.hpp"

namespace percpu_scope::inspect {

TypeId find_type(const Btf& btf, std::string_view spelling);

// The type of the object's own variable of this name, if BTF has such: nearly all of a
// kernel's are per-CPU ones.
std::optional<TypeId> find_variable(const Btf& btf, std::string_view name);

}  // namespace percpu_scope::inspect
