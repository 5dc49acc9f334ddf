// SPDX-License-Identifier: GPL-2.0-only
#include "percpu_scope/read_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace percpu_scope {

std::size_t read_some(const FileDescriptor& file, std::span<std::byte> room) {
  while (true) {
    const ssize_t got = ::read(file.number(), room.data(), room.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "cannot read");
  }
}

std::string read_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw std::system_error(errno, std::generic_category(), "cannot open " + path);
  std::string text;
  std::array<std::byte, 1 << 14> chunk{};
  try {
    while (const std::size_t got = read_some(file, chunk))
      text.append(reinterpret_cast<const char*>(chunk.data()), got);
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), "cannot read " + path);
  }
  return text;
}

}  // namespace percpu_scope
