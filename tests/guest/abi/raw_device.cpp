// SPDX-License-Identifier: GPL-2.0-only
//
// System calls of raw_device.hpp, and requests that are as good as any.
#include "abi/raw_device.hpp"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace percpu_scope::guest {
namespace {

// The number of the element called so: `number` is its member.
template <typename Element>
std::uint32_t number_of(const std::vector<Element>& list, __u32 Element::*number,
                        const std::string& name, const std::string& what) {
  for (const Element& element : list)
    if (name == text_in(element.name)) return element.*number;
  throw std::runtime_error("no " + what + " " + name);
}

}  // namespace

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

FileDescriptor RawDevice::duplicate() const {
  FileDescriptor second(::fcntl(descriptor_.number(), F_DUPFD_CLOEXEC, 0));
  if (!second) throw std::system_error(errno, std::generic_category(), "duplicating");
  return second;
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

std::uint32_t RawDeviceTest::length_of(unsigned long command, std::uint32_t of) const {
  auto request = fresh<percpu_scope_list>();
  request.of = of;
  request.element_size = sizeof(std::uint32_t);
  const Errno answer = device.call(command, &request);
  EXPECT_EQ(answer, Errno{request.count == 0 ? 0 : ENOSPC});
  return request.count;
}

void RawDeviceTest::fill(unsigned long command, std::uint32_t of, void* elements,
                         std::size_t element_size, std::uint32_t count) const {
  auto request = fresh<percpu_scope_list>();
  request.of = of;
  request.element_size = static_cast<std::uint32_t>(element_size);
  request.count = count;
  request.elements = address_of(static_cast<unsigned char*>(elements));
  EXPECT_EQ(device.call(command, &request), Errno{});
  EXPECT_EQ(request.count, count);
}

percpu_scope_info RawDeviceTest::info() const {
  auto info = fresh<percpu_scope_info>();
  EXPECT_EQ(device.call(PERCPU_SCOPE_GET_INFO, &info), Errno{});
  return info;
}

bool RawDeviceTest::has(std::uint64_t feature) const { return (info().features & feature) != 0; }

std::vector<percpu_scope_counter> RawDeviceTest::counters() const {
  return list<percpu_scope_counter>(PERCPU_SCOPE_LIST_COUNTERS);
}

std::vector<percpu_scope_idiom> RawDeviceTest::idioms() const {
  return list<percpu_scope_idiom>(PERCPU_SCOPE_LIST_IDIOMS);
}

std::vector<percpu_scope_kind> RawDeviceTest::kinds() const {
  return list<percpu_scope_kind>(PERCPU_SCOPE_LIST_KINDS);
}

std::vector<percpu_scope_variant> RawDeviceTest::variants() const {
  return list<percpu_scope_variant>(PERCPU_SCOPE_LIST_VARIANTS);
}

std::vector<percpu_scope_field> RawDeviceTest::fields_of(std::uint32_t kind) const {
  auto fields = list<percpu_scope_field>(PERCPU_SCOPE_LIST_FIELDS);
  std::erase_if(fields, [kind](const percpu_scope_field& field) { return field.kind != kind; });
  return fields;
}

std::uint32_t RawDeviceTest::counter(const std::string& name) const {
  return number_of(counters(), &percpu_scope_counter::counter, name, "counter");
}

std::uint32_t RawDeviceTest::idiom(const std::string& name) const {
  return number_of(idioms(), &percpu_scope_idiom::idiom, name, "idiom");
}

std::uint32_t RawDeviceTest::kind(const std::string& name) const {
  return number_of(kinds(), &percpu_scope_kind::kind, name, "kind");
}

std::uint32_t RawDeviceTest::variant(const std::string& name) const {
  return number_of(variants(), &percpu_scope_variant::variant, name, "variant");
}

bool RawDeviceTest::exists(std::uint32_t counter) const {
  const auto all = counters();
  return std::any_of(all.begin(), all.end(),
                     [counter](const percpu_scope_counter& one) { return one.counter == counter; });
}

percpu_scope_job RawDeviceTest::good_job() const {
  auto job = fresh<percpu_scope_job>();
  job.counter = counter("plain");
  job.idiom = idiom("this_cpu_inc");
  job.updates = 5;
  return job;
}

percpu_scope_verify RawDeviceTest::good_verify() const {
  auto verify = fresh<percpu_scope_verify>();
  verify.counter = counter("stats");
  verify.reads = 5;
  verify.retries_max = 10;
  // All zeros are a pattern.
  EXPECT_EQ(reset(verify.counter), Errno{});
  return verify;
}

percpu_scope_create RawDeviceTest::create_request(const std::string& name) const {
  auto request = fresh<percpu_scope_create>();
  std::memcpy(&request.name[0], name.data(), std::min(name.size(), sizeof(request.name)));
  // As the static counter "plain" is.
  for (const percpu_scope_counter& one : counters())
    if (text_in(one.name) == "plain") request.kind = one.kind;
  request.variant = variant("alloc_percpu");
  return request;
}

std::uint64_t RawDeviceTest::sum(std::uint32_t counter) const {
  // More fields and CPUs than this the test machines do not have.
  std::vector<std::uint64_t> records(std::size_t{16} * (info().possible_cpus + 4));
  auto request = fresh<percpu_scope_snapshot>();
  request.count = 1;
  request.ids = address_of(&counter);
  request.records = address_of(records.data());
  request.records_size = records.size() * sizeof(records[0]);
  EXPECT_EQ(device.call(PERCPU_SCOPE_SNAPSHOT, &request), Errno{});
  percpu_scope_record record{};
  std::memcpy(&record, records.data(), sizeof(record));
  const std::size_t header = sizeof(record) / sizeof(records[0]);
  return records.at(header + (std::size_t{record.cpu_count} + 1) * record.field_count);
}

Errno RawDeviceTest::reset(std::uint32_t counter) const {
  auto request = fresh<percpu_scope_reset>();
  request.counter = counter;
  return device.call(PERCPU_SCOPE_RESET, &request);
}

Errno RawDeviceTest::destroy(std::uint32_t counter) const {
  auto request = fresh<percpu_scope_destroy>();
  request.counter = counter;
  return device.call(PERCPU_SCOPE_DESTROY, &request);
}

std::uint32_t RawDeviceTest::make(const std::string& name) const {
  percpu_scope_create request = create_request(name);
  EXPECT_EQ(device.call(PERCPU_SCOPE_CREATE, &request), Errno{}) << name;
  return request.counter;
}

RawJob::RawJob(const RawDeviceTest& test, const percpu_scope_job& job)
    : test_(test),
      job_(job),
      start_(test.sum(job.counter)),
      thread_([this] { error_ = test_.device.call(PERCPU_SCOPE_HAMMER, &job_); }) {}

bool RawJob::counts() const {
  return eventually([&] { return ended() || test_.sum(job_.counter) != start_; }) && !ended();
}

percpu_scope_job RawJob::end() {
  thread_.signal_until_ended();
  thread_.join();
  return job_;
}

}  // namespace percpu_scope::guest
