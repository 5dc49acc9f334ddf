// SPDX-License-Identifier: GPL-2.0-only
//
// The typed way: no probe reads and no addresses, so that lockdown allows it. Needs
// names that only one object has.
#pragma once

#include <memory>
#include <span>

#include "inspect/read/reader.hpp"

namespace percpu_scope::inspect {

// As make_reader(), which has checked the arguments.
std::unique_ptr<Reader> make_typed_reader(const Catalogue& catalogue,
                                          std::span<const Wanted> wanted,
                                          std::span<const std::uint32_t> cpus);

}  // namespace percpu_scope::inspect
