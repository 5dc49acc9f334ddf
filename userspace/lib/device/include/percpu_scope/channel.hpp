// SPDX-License-Identifier: GPL-2.0-only
//
// The way of requests to the module: sizes filled in, errno as Error, lists
// fetched whole. Knows no request.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <percpu_scope.h>

#include "percpu_scope/error.hpp"
#include "percpu_scope/file_descriptor.hpp"

namespace percpu_scope {

// Addresses travel as u64 on all machines.
template <typename Element>
std::uint64_t address_of(const Element* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

// What a list is asked for besides its elements; struct percpu_scope_list.
struct ListOptions {
  std::uint32_t flags = 0;
  std::uint32_t of = 0;  // a counter
};

class Channel {
 public:
  // What answers a request in the kernel's place, with 0 or an errno: for tests.
  using Answers = std::function<int(unsigned long command, void* request)>;

  explicit Channel(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
  explicit Channel(Answers answers) : answers_(std::move(answers)) {}

  [[nodiscard]] const FileDescriptor& descriptor() const { return descriptor_; }

  // The errno, 0 for success.
  template <typename Request>
  [[nodiscard]] int attempt(unsigned long command, Request& request) const {
    request.size = sizeof(Request);
    return ask(command, &request);
  }

  // Error if it is refused.
  template <typename Request>
  void call(unsigned long command, Request& request, Operation operation,
            std::string_view subject = {}) const {
    const int error_number = attempt(command, request);
    if (error_number == 0) return;
    if constexpr (requires { request.in_the_way; })
      refuse(operation, error_number, subject, request.in_the_way);
    else
      throw Error(operation, error_number, subject);
  }

  // A list of unknown length. MalformedError if it claims to be longer than there was room
  // for, or than any list is.
  template <typename Element>
  [[nodiscard]] std::vector<Element> list(unsigned long command, Operation operation,
                                          ListOptions options = {},
                                          std::string_view subject = {}) const {
    std::vector<Element> elements(first_room);
    percpu_scope_list request{};
    request.flags = options.flags;
    request.of = options.of;
    request.element_size = sizeof(Element);
    for (int i = 0; i < fetch_attempts; ++i) {
      request.count = static_cast<std::uint32_t>(elements.size());
      request.elements = address_of(elements.data());
      const bool complete = fill(command, request, operation, subject);
      elements.resize(request.count);
      if (complete) return elements;
    }
    throw Error(operation, ENOSPC, subject);
  }

  // Lists and snapshots grow between the call that tells their length and the one that
  // fetches them; none doubles this often.
  static constexpr int fetch_attempts = 32;

 private:
  static constexpr std::size_t first_room = 32;

  [[nodiscard]] int ask(unsigned long command, void* request) const;
  // Whether all have come; .count then says how many there are, else how many to make room
  // for.
  [[nodiscard]] bool fill(unsigned long command, percpu_scope_list& request, Operation operation,
                          std::string_view subject) const;
  [[noreturn]] static void refuse(Operation operation, int error_number, std::string_view subject,
                                  std::span<const char> in_the_way);

  FileDescriptor descriptor_;
  Answers answers_;
};

}  // namespace percpu_scope
