// SPDX-License-Identifier: GPL-2.0-only
//
// Memory in whole pages, owned. No reading, no meaning.
#pragma once

#include <cstddef>
#include <memory>

namespace percpu_scope::inspect {

struct Unmap {
  std::size_t size = 0;
  void operator()(std::byte* memory) const;
};
using Mapping = std::unique_ptr<std::byte[], Unmap>;

// Zeros, there at once: under an emulator a fault for each page costs more than what is
// done with it. std::bad_alloc.
Mapping map_memory(std::size_t size);
// A file's or a BPF map's bytes; null, with errno, if it cannot be mapped.
enum class Sharing { copied, shared_to_read, shared_to_write };
Mapping map_file(int file, std::size_t size, Sharing sharing);

}  // namespace percpu_scope::inspect
