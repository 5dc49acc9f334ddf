// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/kernel/mapping.hpp"

#include <sys/mman.h>

#include <new>

namespace percpu_scope::inspect {

void Unmap::operator()(std::byte* memory) const { ::munmap(memory, size); }

Mapping map_memory(std::size_t size) {
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return {static_cast<std::byte*>(memory), Unmap{size}};
}

Mapping map_file(int file, std::size_t size, Sharing sharing) {
  const int protection = PROT_READ | (sharing == Sharing::shared_to_write ? PROT_WRITE : 0);
  const int flags = sharing == Sharing::copied ? MAP_PRIVATE : MAP_SHARED;
  void* const memory = ::mmap(nullptr, size, protection, flags, file, 0);
  if (memory == MAP_FAILED) return nullptr;
  return {static_cast<std::byte*>(memory), Unmap{size}};
}

}  // namespace percpu_scope::inspect
