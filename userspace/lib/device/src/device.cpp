// SPDX-License-Identifier: GPL-2.0-only
//
// Every ioctl: C++ terms to ABI structs and back. No policy: what is refused
// is refused by the kernel.
#include "percpu_scope/device.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

// Lists grow between the call that tells their length and the one that fetches
// them; no list doubles this often.
constexpr int fetch_attempts = 32;

template <typename Element>
std::uint64_t to_abi(const Element* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

std::uint32_t raw_flag(Addresses addresses) {
  return addresses == Addresses::raw ? PERCPU_SCOPE_RAW : 0;
}

std::string subject_of(CounterId counter) {
  return "counter " + std::to_string(static_cast<std::uint32_t>(counter));
}

// The errno, 0 for success.
template <typename Request>
int attempt(const FileDescriptor& descriptor, unsigned long command, Request& request) {
  return ::ioctl(descriptor.number(), command, &request) == 0 ? 0 : errno;
}

template <typename Request>
void call(const FileDescriptor& descriptor, unsigned long command, Request& request,
          Operation operation, std::string_view subject = {}) {
  const int error_number = attempt(descriptor, command, request);
  if (error_number != 0) throw Error(operation, error_number, subject);
}

// A list of unknown length: `list` is the request's member for the address.
template <typename Element, typename Request>
std::vector<Element> fetch(const FileDescriptor& descriptor, unsigned long command, Request request,
                           __u64 Request::*list, Operation operation,
                           std::string_view subject = {}) {
  std::vector<Element> elements(32);
  for (int i = 0; i < fetch_attempts; ++i) {
    request.count = static_cast<std::uint32_t>(elements.size());
    request.*list = to_abi(elements.data());
    const int error_number = attempt(descriptor, command, request);
    if (error_number == 0) {
      if (request.count > elements.size())
        throw MalformedError("module claims to have filled more than there was room for");
      elements.resize(request.count);
      return elements;
    }
    if (error_number != ENOSPC) throw Error(operation, error_number, subject);
    elements.resize(std::max<std::size_t>(request.count, elements.size() + 1));
  }
  throw Error(operation, ENOSPC, subject);
}

template <typename To, typename From, typename Convert>
std::vector<To> converted(const std::vector<From>& from, Convert convert) {
  std::vector<To> to;
  to.reserve(from.size());
  std::transform(from.begin(), from.end(), std::back_inserter(to), convert);
  return to;
}

}  // namespace

Device::Device(Access access, const std::string& path)
    : descriptor_(
          ::open(path.c_str(), (access == Access::read_write ? O_RDWR : O_RDONLY) | O_CLOEXEC)) {
  if (!descriptor_) throw Error(Operation::open_device, errno, path);
  // What another version means by any other request is not known.
  (void)info();
}

Info Device::info() const {
  percpu_scope_info abi{};
  call(descriptor_, PERCPU_SCOPE_GET_INFO, abi, Operation::get_info);
  if (abi.abi_version != PERCPU_SCOPE_ABI_VERSION)
    throw MalformedError("module speaks ABI version " + std::to_string(abi.abi_version) +
                         ", this program version " + std::to_string(PERCPU_SCOPE_ABI_VERSION));
  return {.abi_version = abi.abi_version,
          .bits_per_long = abi.bits_per_long,
          .features = abi.features,
          .possible_cpus = abi.possible_cpus,
          .online_cpus = abi.online_cpus,
          .counters = abi.counters,
          .dynamic_counters = abi.dynamic_counters,
          .dynamic_counters_max = abi.dynamic_counters_max,
          .idioms = abi.idioms,
          .page_size = abi.page_size,
          .cache_line_size = abi.cache_line_size,
          .min_generator_period_ns = abi.min_generator_period_ns,
          .release = to_text(abi.release)};
}

std::vector<Cpu> Device::cpus(Addresses addresses) const {
  percpu_scope_cpus request{};
  request.flags = raw_flag(addresses);
  return converted<Cpu>(fetch<percpu_scope_cpu>(descriptor_, PERCPU_SCOPE_GET_CPUS, request,
                                                &percpu_scope_cpus::cpus, Operation::get_cpus),
                        [](const percpu_scope_cpu& abi) {
                          return Cpu{.number = abi.cpu,
                                     .node = abi.node,
                                     .online = (abi.flags & PERCPU_SCOPE_CPU_ONLINE) != 0,
                                     .offset = abi.offset};
                        });
}

std::vector<Counter> Device::counters(Addresses addresses) const {
  percpu_scope_counters request{};
  request.flags = raw_flag(addresses);
  return converted<Counter>(
      fetch<percpu_scope_counter>(descriptor_, PERCPU_SCOPE_LIST_COUNTERS, request,
                                  &percpu_scope_counters::counters, Operation::list_counters),
      [](const percpu_scope_counter& abi) { return counter_of(abi); });
}

std::vector<Idiom> Device::idioms() const {
  return converted<Idiom>(
      fetch<percpu_scope_idiom>(descriptor_, PERCPU_SCOPE_LIST_IDIOMS, percpu_scope_idioms{},
                                &percpu_scope_idioms::idioms, Operation::list_idioms),
      [](const percpu_scope_idiom& abi) { return idiom_of(abi); });
}

std::vector<Copy> Device::copies(CounterId counter, Addresses addresses) const {
  percpu_scope_copies request{};
  request.counter = static_cast<std::uint32_t>(counter);
  request.flags = raw_flag(addresses);
  return converted<Copy>(fetch<percpu_scope_copy>(descriptor_, PERCPU_SCOPE_GET_COPIES, request,
                                                  &percpu_scope_copies::copies,
                                                  Operation::get_copies, subject_of(counter)),
                         [](const percpu_scope_copy& abi) {
                           return Copy{.cpu = abi.cpu, .node = abi.node, .address = abi.address};
                         });
}

Snapshot Device::snapshot(std::span<const CounterId> ids) const {
  Snapshot snapshot;
  this->snapshot(ids, snapshot);
  return snapshot;
}

void Device::snapshot(std::span<const CounterId> ids, Snapshot& into) const {
  static_assert(sizeof(CounterId) == sizeof(std::uint32_t));
  into.records_.clear();
  for (int i = 0; i < fetch_attempts; ++i) {
    percpu_scope_snapshot request{};
    request.ids = to_abi(ids.data());
    request.count = static_cast<std::uint32_t>(ids.size());
    request.records = to_abi(into.buffer_.data());
    request.size = into.buffer_.size() * sizeof(std::uint64_t);
    const int error_number = attempt(descriptor_, PERCPU_SCOPE_SNAPSHOT, request);
    if (error_number == 0) {
      if (request.size > into.buffer_.size() * sizeof(std::uint64_t) ||
          request.size % sizeof(std::uint64_t) != 0)
        throw MalformedError("module claims a snapshot of " + std::to_string(request.size) +
                             " bytes");
      into.used_ = static_cast<std::size_t>(request.size / sizeof(std::uint64_t));
      decode_records(std::span(into.buffer_).first(into.used_), into.records_);
      return;
    }
    if (error_number != ENOSPC) throw Error(Operation::snapshot, error_number);
    const std::uint64_t needed = (request.size + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t);
    into.buffer_.resize(std::max<std::size_t>(needed, into.buffer_.size() + 1));
  }
  throw Error(Operation::snapshot, ENOSPC);
}

JobResult Device::hammer(const Job& job) const {
  percpu_scope_job abi{};
  abi.counter = static_cast<std::uint32_t>(job.counter);
  abi.idiom = static_cast<std::uint32_t>(job.idiom);
  abi.updates = job.updates;
  abi.period_ns = static_cast<std::uint64_t>(job.period.count());
  abi.contexts = job.contexts.mask();
  abi.interruptions = job.interruptions;
  abi.flags =
      (job.finding ? PERCPU_SCOPE_JOB_FINDING : 0) | (job.inject ? PERCPU_SCOPE_JOB_INJECT : 0);
  call(descriptor_, PERCPU_SCOPE_HAMMER, abi, Operation::hammer, subject_of(job.counter));
  JobResult result{.tally = {},
                   .elapsed = std::chrono::nanoseconds(abi.elapsed_ns),
                   .cpu = abi.cpu,
                   .interrupted = (abi.flags & PERCPU_SCOPE_JOB_INTERRUPTED) != 0,
                   .cpu_went_down = (abi.flags & PERCPU_SCOPE_JOB_CPU_WENT_DOWN) != 0,
                   .misplaced = (abi.flags & PERCPU_SCOPE_JOB_MISPLACED) != 0,
                   .ipis = (abi.flags & PERCPU_SCOPE_JOB_IPIS) != 0,
                   .injected = abi.injected,
                   .open_sections = abi.open_sections};
  std::copy_n(&abi.tally[0], context_count, result.tally.by_context.begin());
  return result;
}

VerifyResult Device::verify(const Verify& request) const {
  percpu_scope_verify abi{};
  abi.counter = static_cast<std::uint32_t>(request.counter);
  abi.cpu = request.cpu;
  abi.reads = request.reads;
  abi.retries_max = request.retries_max;
  call(descriptor_, PERCPU_SCOPE_VERIFY, abi, Operation::verify, subject_of(request.counter));
  VerifyResult result{.interrupted = (abi.flags & PERCPU_SCOPE_JOB_INTERRUPTED) != 0,
                      .done = abi.done,
                      .retries = abi.retries,
                      .starved = abi.starved,
                      .torn = abi.torn,
                      .skewed = abi.skewed,
                      .backward = abi.backward,
                      .changed = abi.changed,
                      .elapsed = std::chrono::nanoseconds(abi.elapsed_ns),
                      .torn_example = {}};
  std::copy_n(&abi.torn_example[0], result.torn_example.size(), result.torn_example.begin());
  return result;
}

CounterId Device::create(const Create& request) const {
  percpu_scope_create abi{};
  // Without a NUL the kernel refuses it, as it does an embedded one's remains.
  std::memcpy(&abi.name[0], request.name.data(), std::min(request.name.size(), sizeof(abi.name)));
  abi.storage = static_cast<std::uint32_t>(request.storage);
  abi.variant = static_cast<std::uint32_t>(request.variant);
  abi.size = request.size;
  abi.align = request.align;
  call(descriptor_, PERCPU_SCOPE_CREATE, abi, Operation::create, "counter '" + request.name + "'");
  return static_cast<CounterId>(abi.id);
}

void Device::destroy(CounterId counter) const {
  percpu_scope_counter_ref abi{};
  abi.counter = static_cast<std::uint32_t>(counter);
  call(descriptor_, PERCPU_SCOPE_DESTROY, abi, Operation::destroy, subject_of(counter));
}

void Device::count_calls(CounterId counter, std::string_view function) const {
  percpu_scope_count_calls abi{};
  abi.counter = static_cast<std::uint32_t>(counter);
  // Without a NUL the kernel refuses it.
  std::memcpy(&abi.function[0], function.data(), std::min(function.size(), sizeof(abi.function)));
  call(descriptor_, PERCPU_SCOPE_COUNT_CALLS, abi, Operation::count_calls,
       "of '" + std::string(function) + "'");
}

std::uint64_t Device::stop_calls(CounterId counter) const {
  percpu_scope_stop_calls abi{};
  abi.counter = static_cast<std::uint32_t>(counter);
  call(descriptor_, PERCPU_SCOPE_STOP_CALLS, abi, Operation::stop_calls, subject_of(counter));
  return abi.missed;
}

void Device::reset(CounterId counter) const {
  percpu_scope_counter_ref abi{};
  abi.counter = static_cast<std::uint32_t>(counter);
  call(descriptor_, PERCPU_SCOPE_RESET, abi, Operation::reset, subject_of(counter));
}

}  // namespace percpu_scope
