// SPDX-License-Identifier: GPL-2.0-only
//
// The generic way: addresses from kallsyms and __per_cpu_offset[], memory by probe
// reads. One program for every variable of every kernel.
#pragma once

#include <memory>
#include <span>

#include "inspect/read/reader.hpp"

namespace percpu_scope::inspect {

// As make_reader(), which has checked the arguments.
std::unique_ptr<Reader> make_generic_reader(const Catalogue& catalogue,
                                            std::span<const Wanted> wanted,
                                            std::span<const std::uint32_t> cpus);

}  // namespace percpu_scope::inspect
