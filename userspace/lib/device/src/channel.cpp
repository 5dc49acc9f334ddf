// SPDX-License-Identifier: GPL-2.0-only
//
// ioctl(2), and what its answers may be.
#include "percpu_scope/channel.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace percpu_scope {
namespace {

// More than there are CPUs, counters or idioms in any machine.
constexpr std::uint32_t longest_list = 1U << 24;

}  // namespace

int Channel::ask(unsigned long command, void* request) const {
  if (answers_) return answers_(command, request);
  return ::ioctl(descriptor_.number(), command, request) == 0 ? 0 : errno;
}

bool Channel::fill(unsigned long command, percpu_scope_list& request, Operation operation,
                   std::string_view subject) const {
  const std::uint32_t room = request.count;
  const int error_number = attempt(command, request);
  if (error_number != 0 && error_number != ENOSPC) throw Error(operation, error_number, subject);
  const bool complete = error_number == 0;
  if (request.count > (complete ? room : longest_list))
    throw MalformedError("module claims a list of " + std::to_string(request.count) +
                         " elements, with room for " + std::to_string(room));
  if (!complete) request.count = std::max(request.count, room + 1);
  return complete;
}

void Channel::refuse(Operation operation, int error_number, std::string_view subject,
                     std::span<const char> in_the_way) {
  const auto end = std::find(in_the_way.begin(), in_the_way.end(), '\0');
  // Of other errors there is nobody to tell.
  throw Error(operation, error_number, subject,
              error_number == EBUSY ? std::string(in_the_way.begin(), end) : std::string());
}

}  // namespace percpu_scope
