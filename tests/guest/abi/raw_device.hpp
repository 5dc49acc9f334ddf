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
#include <string_view>
#include <vector>

#include "percpu_scope/file_descriptor.hpp"
#include "support/kernel_functions.hpp"
#include "support/support.hpp"

namespace percpu_scope::guest {

template <typename Type>
std::uint64_t address_of(Type* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

// A request of this kind in which nothing but its size is said.
template <typename Request>
Request fresh() {
  Request request{};
  request.size = sizeof(request);
  return request;
}

// A name in the ABI; one that fills its array has no NUL.
template <std::size_t Size>
std::string text_in(const char (&array)[Size]) {
  const std::string_view all(&array[0], Size);
  return std::string(all.substr(0, all.find('\0')));
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

  // A second descriptor of the same open file.
  [[nodiscard]] FileDescriptor duplicate() const;

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
class Canary {
 public:
  explicit Canary(std::size_t bytes) : bytes_(bytes, fill) {}

  [[nodiscard]] std::uint64_t address() const { return address_of(bytes_.data()); }
  [[nodiscard]] const unsigned char* data() const { return bytes_.data(); }
  // Nothing was written from this byte on.
  [[nodiscard]] bool untouched_from(std::size_t byte) const {
    for (std::size_t i = byte; i < bytes_.size(); ++i)
      if (bytes_[i] != fill) return false;
    return true;
  }

 private:
  static constexpr unsigned char fill = 0xa5;
  std::vector<unsigned char> bytes_;
};

class RawDeviceTest : public ::testing::Test {
 public:
  // All of a list, whatever its length; fails the test if it is refused.
  template <typename Element>
  [[nodiscard]] std::vector<Element> list(unsigned long command, std::uint32_t of = 0) const {
    std::vector<Element> elements(length_of(command, of));
    fill(command, of, elements.data(), sizeof(Element),
         static_cast<std::uint32_t>(elements.size()));
    return elements;
  }
  // How many elements a list has, now.
  [[nodiscard]] std::uint32_t length_of(unsigned long command, std::uint32_t of = 0) const;

  [[nodiscard]] percpu_scope_info info() const;
  [[nodiscard]] bool has(std::uint64_t feature) const;
  [[nodiscard]] std::vector<percpu_scope_counter> counters() const;
  [[nodiscard]] std::vector<percpu_scope_idiom> idioms() const;
  [[nodiscard]] std::vector<percpu_scope_kind> kinds() const;
  [[nodiscard]] std::vector<percpu_scope_variant> variants() const;
  // The fields of one kind, in their order.
  [[nodiscard]] std::vector<percpu_scope_field> fields_of(std::uint32_t kind) const;
  // Their numbers; an exception, which fails the test, if there is none of this name.
  [[nodiscard]] std::uint32_t counter(const std::string& name) const;
  [[nodiscard]] std::uint32_t idiom(const std::string& name) const;
  [[nodiscard]] std::uint32_t kind(const std::string& name) const;
  [[nodiscard]] std::uint32_t variant(const std::string& name) const;
  [[nodiscard]] bool exists(std::uint32_t counter) const;

  // A job and a verifying read that are refused by nothing but what a test changes.
  [[nodiscard]] percpu_scope_job good_job() const;
  [[nodiscard]] percpu_scope_verify good_verify() const;
  // An ordinary dynamic counter of one field.
  [[nodiscard]] percpu_scope_create create_request(const std::string& name) const;

  // Of the first field, as the kernel gives it.
  [[nodiscard]] std::uint64_t sum(std::uint32_t counter) const;
  [[nodiscard]] Errno reset(std::uint32_t counter) const;
  [[nodiscard]] Errno destroy(std::uint32_t counter) const;
  // Made, or the test has failed.
  [[nodiscard]] std::uint32_t make(const std::string& name) const;

  // Before the device, whose probes else are removed under the optimiser again.
  const WithoutKprobeOptimization without_optimization;
  const RawDevice device;

 private:
  void fill(unsigned long command, std::uint32_t of, void* elements, std::size_t element_size,
            std::uint32_t count) const;
};

// A job in a thread of its own, on the CPU where the thread happens to be, until it is
// interrupted. Nothing here but the ABI.
class RawJob {
 public:
  RawJob(const RawDeviceTest& test, const percpu_scope_job& job);

  // True once the counter has moved; false if it does not within seconds.
  [[nodiscard]] bool counts() const;
  [[nodiscard]] bool ended() const { return thread_.ended(); }
  // Interrupts it and tells what came of it.
  percpu_scope_job end();
  [[nodiscard]] Errno error() const { return error_; }

 private:
  const RawDeviceTest& test_;
  percpu_scope_job job_;
  std::uint64_t start_;
  Errno error_;
  SignalledThread thread_;  // last: it uses the others
};

}  // namespace percpu_scope::guest
