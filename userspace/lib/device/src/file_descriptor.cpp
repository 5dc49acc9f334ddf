// SPDX-License-Identifier: GPL-2.0-only
//
// Closing, apart from the header so that users need no <unistd.h>.
#include "percpu_scope/file_descriptor.hpp"

#include <unistd.h>

namespace percpu_scope {

void FileDescriptor::close() noexcept {
  // An error of close() leaves nothing to be done: the number is gone either way.
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

}  // namespace percpu_scope
