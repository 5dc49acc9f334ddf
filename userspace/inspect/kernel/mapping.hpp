// SPDX-License-Identifier: GPL-2.0-only
//
// Memory in whole pages, owned, and files in it. No meaning.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

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

// All of a file: mapped where it can be, else read, which costs no second copy.
// std::system_error.
struct LoadedFile {
  Mapping bytes;
  std::size_t size = 0;
};
LoadedFile load_file(const std::string& path);

}  // namespace percpu_scope::inspect
