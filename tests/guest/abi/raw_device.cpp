// SPDX-License-Identifier: GPL-2.0-only
//
// System calls of raw_device.hpp.
#include "abi/raw_device.hpp"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace percpu_scope::guest {

RawDevice::RawDevice(int flags)
    : descriptor_(::open("/dev/" PERCPU_SCOPE_DEVICE_NAME, flags | O_CLOEXEC)) {
  if (!descriptor_) throw std::system_error(errno, std::generic_category(), "opening the device");
}

Errno RawDevice::call_at(unsigned long command, std::uint64_t address) const {
  // The address may be one that no object has: that is what is tested.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  void* const argument = reinterpret_cast<void*>(static_cast<std::uintptr_t>(address));
  return ::ioctl(descriptor_.number(), command, argument) == 0 ? Errno{} : Errno{errno};
}

GuardedPage::GuardedPage() : size_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
  void* const pages =
      ::mmap(nullptr, 2 * size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  page_ = static_cast<unsigned char*>(pages);
  if (::mprotect(page_ + size_, size_, PROT_NONE) != 0)
    throw std::system_error(errno, std::generic_category(), "mprotect");
}

GuardedPage::~GuardedPage() { ::munmap(page_, 2 * size_); }

void* GuardedPage::put(const void* bytes, std::size_t size) {
  if (size > size_) throw std::length_error("more than a page");
  return std::memcpy(page_ + size_ - size, bytes, size);
}

void GuardedPage::make_read_only() {
  if (::mprotect(page_, size_, PROT_READ) != 0)
    throw std::system_error(errno, std::generic_category(), "mprotect");
}

percpu_scope_info RawDeviceTest::info() const {
  percpu_scope_info info{};
  EXPECT_EQ(device.call(PERCPU_SCOPE_GET_INFO, &info), Errno{});
  return info;
}

std::vector<percpu_scope_counter> RawDeviceTest::counters() const {
  std::vector<percpu_scope_counter> list(info().counters);
  percpu_scope_counters request{};
  request.count = static_cast<std::uint32_t>(list.size());
  request.counters = address_of(list.data());
  EXPECT_EQ(device.call(PERCPU_SCOPE_LIST_COUNTERS, &request), Errno{});
  EXPECT_EQ(request.count, list.size());
  return list;
}

std::vector<percpu_scope_idiom> RawDeviceTest::idioms() const {
  std::vector<percpu_scope_idiom> list(info().idioms);
  percpu_scope_idioms request{};
  request.count = static_cast<std::uint32_t>(list.size());
  request.idioms = address_of(list.data());
  EXPECT_EQ(device.call(PERCPU_SCOPE_LIST_IDIOMS, &request), Errno{});
  EXPECT_EQ(request.count, list.size());
  return list;
}

std::uint32_t RawDeviceTest::counter(const std::string& name) const {
  for (const percpu_scope_counter& counter : counters())
    if (name == &counter.name[0]) return counter.id;
  throw std::runtime_error("no counter " + name);
}

std::uint32_t RawDeviceTest::idiom(const std::string& name) const {
  for (const percpu_scope_idiom& idiom : idioms())
    if (name == &idiom.name[0]) return idiom.id;
  throw std::runtime_error("no idiom " + name);
}

percpu_scope_create create_request(const std::string& name) {
  percpu_scope_create request{};
  std::memcpy(&request.name[0], name.data(), std::min(name.size(), sizeof(request.name)));
  request.storage = PERCPU_SCOPE_STORAGE_U64;
  request.variant = PERCPU_SCOPE_VARIANT_ALLOC_PERCPU;
  return request;
}

}  // namespace percpu_scope::guest
