// SPDX-License-Identifier: GPL-2.0-only
#include "inspect/kernel/mapping.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include "percpu_scope/read_file.hpp"

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

LoadedFile load_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.number(), &status) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot open " + path);
  // The kernel's own can be mapped from 6.16 on; what is read of sysfs
  // comes a page at a time.
  const auto size = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
  if (Mapping mapped = size > 0 ? map_file(file.number(), size, Sharing::copied) : nullptr)
    return {std::move(mapped), size};
  // One more, so that the end shows without a second buffer.
  std::size_t room = std::max<std::size_t>(size, 4095) + 1;
  LoadedFile whole{map_memory(room), 0};
  while (const std::size_t got =
             read_some(file, {whole.bytes.get() + whole.size, room - whole.size})) {
    whole.size += got;
    if (whole.size < room) continue;
    room *= 2;
    Mapping larger = map_memory(room);
    std::memcpy(larger.get(), whole.bytes.get(), whole.size);
    whole.bytes = std::move(larger);
  }
  return whole;
}

}  // namespace percpu_scope::inspect
