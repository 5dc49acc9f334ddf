// SPDX-License-Identifier: GPL-2.0-only
//
// Reading files of any kind, those of /proc and sysfs included, whose size nobody knows
// beforehand. Bytes; no meaning.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "percpu_scope/file_descriptor.hpp"

namespace percpu_scope {

// As read(2), but not ended by a signal: how many bytes, 0 at the end. std::system_error.
std::size_t read_some(const FileDescriptor& file, std::span<std::byte> room);

// All of a file. std::system_error: "cannot open PATH: …", "cannot read PATH: …".
std::string read_file(const std::string& path);

}  // namespace percpu_scope
