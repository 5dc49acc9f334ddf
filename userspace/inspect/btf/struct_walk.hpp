// SPDX-License-Identifier: GPL-2.0-only
//
// Which loads the kernel's verifier lets a BPF program do on a variable: a model of
// btf_struct_walk() in kernel/bpf/btf.c, as strict as the strictest of 6.1 to 6.12.
// BTF in, loads out; no system call.
#pragma once

#include <cstdint>
#include <vector>

#include "inspect/btf/btf.hpp"

namespace percpu_scope::inspect {

struct Load {
  std::uint32_t offset;
  std::uint32_t size;  // 1, 2, 4 or 8
  bool operator==(const Load&) const = default;
};

// May a program load `size` bytes at `offset` of a struct or union?
bool may_load(const Btf& btf, TypeId type, std::uint64_t offset, std::uint32_t size);

struct Loads {
  std::vector<Load> loads;
  // Bytes of members that no load reaches, such as a pointer that shares its place with
  // a smaller member in front of it in a union.
  std::uint64_t unreachable = 0;
};
// The fewest loads for the bytes from `begin` to `end` of a variable, so that what the
// kernel writes as a whole is read as a whole. Padding needs none.
Loads plan_loads(const Btf& btf, TypeId type, std::uint64_t begin, std::uint64_t end);

}  // namespace percpu_scope::inspect
