// SPDX-License-Identifier: GPL-2.0-only
//
// The bare ABI, for the Abi suites: what a program without the library sends.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <percpu_scope.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "percpu_scope/file_descriptor.hpp"
#include "support/support.hpp"

namespace percpu_scope::guest {

template <typename Type>
std::uint64_t address_of(Type* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

// The device as it is opened and asked without the library.
class RawDevice {
 public:
  explicit RawDevice(int flags = O_RDWR);

  // 0 or the errno.
  template <typename Request>
  Errno call(unsigned long command, Request* request) const {
    return call_at(command, address_of(request));
  }
  [[nodiscard]] Errno call_at(unsigned long command, std::uint64_t address) const;

 private:
  FileDescriptor descriptor_;
};

// A page that reads as told and cannot be written, with nothing readable
// behind it: what the kernel must survive.
class GuardedPage {
 public:
  GuardedPage();
  GuardedPage(const GuardedPage&) = delete;
  GuardedPage& operator=(const GuardedPage&) = delete;
  GuardedPage(GuardedPage&&) = delete;
  GuardedPage& operator=(GuardedPage&&) = delete;
  ~GuardedPage();

  // A copy that ends where the page ends.
  template <typename Type>
  Type* put_at_end(const Type& value) {
    return static_cast<Type*>(put(&value, sizeof(value)));
  }
  void* put(const void* bytes, std::size_t size);
  void make_read_only();

 private:
  std::size_t size_;
  unsigned char* page_;
};

// A buffer that shows whether anything was written to it.
template <typename Element>
class Canary {
 public:
  explicit Canary(std::size_t count) : bytes_(count * sizeof(Element), fill) {}

  [[nodiscard]] std::uint64_t address() const { return address_of(bytes_.data()); }
  [[nodiscard]] const Element* elements() const {
    return reinterpret_cast<const Element*>(bytes_.data());
  }
  // Nothing was written from this element on.
  [[nodiscard]] bool untouched_from(std::size_t element) const {
    for (std::size_t i = element * sizeof(Element); i < bytes_.size(); ++i)
      if (bytes_[i] != fill) return false;
    return true;
  }

 private:
  static constexpr unsigned char fill = 0xa5;
  std::vector<unsigned char> bytes_;
};

class RawDeviceTest : public ::testing::Test {
 public:
  [[nodiscard]] percpu_scope_info info() const;
  [[nodiscard]] std::vector<percpu_scope_counter> counters() const;
  [[nodiscard]] std::vector<percpu_scope_idiom> idioms() const;
  // The id of the counter or idiom called so; fails the test if there is none.
  [[nodiscard]] std::uint32_t counter(const std::string& name) const;
  [[nodiscard]] std::uint32_t idiom(const std::string& name) const;

  const RawDevice device;
};

// A request that is refused by nothing but what a test changes in it.
percpu_scope_create create_request(const std::string& name);

}  // namespace percpu_scope::guest
