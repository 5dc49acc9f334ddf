// SPDX-License-Identifier: GPL-2.0-only
//
// The targets that take BTF, or what is held against it.
#pragma once

#include "targets.hpp"

namespace percpu_scope::fuzz {

// BTF of a kernel; of a module, on a kernel's that is sound; and the loads of its types.
void fuzz_btf(Input input);
void fuzz_split(Input input);
void fuzz_loads(Input input);
std::vector<Seed> btf_seeds();
std::vector<Seed> split_seeds();

// /proc/kallsyms, for the variables of a sample.
void fuzz_addresses(Input input);
std::vector<Seed> address_seeds();

}  // namespace percpu_scope::fuzz
