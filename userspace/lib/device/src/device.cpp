// SPDX-License-Identifier: GPL-2.0-only
//
// Every ioctl: C++ terms to ABI structs and back. No policy: what is refused
// is refused by the kernel.
#include "percpu_scope/device.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "percpu_scope/error.hpp"

namespace percpu_scope {
namespace {

std::uint32_t raw_flag(Addresses addresses) {
  return addresses == Addresses::raw ? PERCPU_SCOPE_RAW : 0;
}

std::uint32_t number_of(CounterId counter) { return static_cast<std::uint32_t>(counter); }

std::string subject_of(CounterId counter) {
  return "counter " + std::to_string(number_of(counter));
}

Channel open_channel(Access access, const std::string& path) {
  FileDescriptor descriptor(
      ::open(path.c_str(), (access == Access::read_write ? O_RDWR : O_RDONLY) | O_CLOEXEC));
  if (!descriptor) throw Error(Operation::open_device, errno, path);
  return Channel(std::move(descriptor));
}

Vocabulary read_vocabulary(const Channel& channel) {
  return {channel.list<percpu_scope_kind>(PERCPU_SCOPE_LIST_KINDS, Operation::list_kinds),
          channel.list<percpu_scope_field>(PERCPU_SCOPE_LIST_FIELDS, Operation::list_fields),
          channel.list<percpu_scope_variant>(PERCPU_SCOPE_LIST_VARIANTS, Operation::list_variants),
          channel.list<percpu_scope_context_name>(PERCPU_SCOPE_LIST_CONTEXTS,
                                                  Operation::list_contexts)};
}

// Without a NUL the kernel refuses it, as it does an embedded one's remains.
template <std::size_t Size>
void put(std::string_view text, char (&room)[Size]) {
  std::memcpy(&room[0], text.data(), std::min(text.size(), Size));
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
    : channel_(open_channel(access, path)), path_(path) {
  // What another version means by any other request is not known.
  (void)info();
  vocabulary_ = read_vocabulary(channel_);
}

Device::Device(Channel::Answers answers) : channel_(std::move(answers)), path_("no file") {
  (void)info();
  vocabulary_ = read_vocabulary(channel_);
}

Info Device::info() const {
  percpu_scope_info abi{};
  const int error_number = channel_.attempt(PERCPU_SCOPE_GET_INFO, abi);
  if (error_number == ENOTTY)
    throw OtherVersionError(path_, "it does not know this program's requests");
  if (error_number != 0) throw Error(Operation::get_info, error_number);
  if (abi.abi_version != PERCPU_SCOPE_ABI_VERSION)
    throw OtherVersionError(path_, "it speaks ABI version " + std::to_string(abi.abi_version) +
                                       ", this program version " +
                                       std::to_string(PERCPU_SCOPE_ABI_VERSION));
  return {.abi_version = abi.abi_version,
          .bits_per_long = abi.bits_per_long,
          .features = abi.features,
          .possible_cpus = abi.possible_cpus,
          .online_cpus = abi.online_cpus,
          .counters = abi.counters,
          .dynamic_counters = abi.dynamic_counters,
          .dynamic_counters_max = abi.dynamic_counters_max,
          .dynamic_bytes = abi.dynamic_bytes,
          .dynamic_bytes_max = abi.dynamic_bytes_max,
          .probes = abi.probes,
          .probes_max = abi.probes_max,
          .idioms = abi.idioms,
          .kinds = abi.kinds,
          .page_size = abi.page_size,
          .cache_line_size = abi.cache_line_size,
          .min_generator_period_ns = abi.min_generator_period_ns,
          .release = name_in(abi.release)};
}

std::vector<Cpu> Device::cpus(Addresses addresses) const {
  return converted<Cpu>(channel_.list<percpu_scope_cpu>(PERCPU_SCOPE_LIST_CPUS, Operation::get_cpus,
                                                        {.flags = raw_flag(addresses)}),
                        [](const percpu_scope_cpu& abi) {
                          return Cpu{.number = abi.cpu,
                                     .node = abi.node,
                                     .online = (abi.flags & PERCPU_SCOPE_CPU_ONLINE) != 0,
                                     .offset = abi.offset};
                        });
}

std::vector<Counter> Device::counters(Addresses addresses) const {
  return converted<Counter>(
      channel_.list<percpu_scope_counter>(PERCPU_SCOPE_LIST_COUNTERS, Operation::list_counters,
                                          {.flags = raw_flag(addresses)}),
      [this](const percpu_scope_counter& abi) { return vocabulary_.counter_of(abi); });
}

std::vector<Idiom> Device::idioms() const {
  return converted<Idiom>(
      channel_.list<percpu_scope_idiom>(PERCPU_SCOPE_LIST_IDIOMS, Operation::list_idioms),
      [this](const percpu_scope_idiom& abi) { return vocabulary_.idiom_of(abi); });
}

std::vector<Copy> Device::copies(CounterId counter, Addresses addresses) const {
  return converted<Copy>(
      channel_.list<percpu_scope_copy>(PERCPU_SCOPE_LIST_COPIES, Operation::get_copies,
                                       {.flags = raw_flag(addresses), .of = number_of(counter)},
                                       subject_of(counter)),
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
  for (int i = 0; i < Channel::fetch_attempts; ++i) {
    percpu_scope_snapshot request{};
    request.ids = address_of(ids.data());
    request.count = static_cast<std::uint32_t>(ids.size());
    request.records = address_of(into.buffer_.data());
    request.records_size = into.buffer_.size() * sizeof(std::uint64_t);
    const int error_number = channel_.attempt(PERCPU_SCOPE_SNAPSHOT, request);
    const std::uint64_t bytes = request.records_size;
    if (error_number == 0) {
      if (bytes > into.buffer_.size() * sizeof(std::uint64_t) || bytes % sizeof(std::uint64_t) != 0)
        throw MalformedError("module claims a snapshot of " + std::to_string(bytes) + " bytes");
      into.used_ = static_cast<std::size_t>(bytes / sizeof(std::uint64_t));
      decode_records(std::span(into.buffer_).first(into.used_), into.records_);
      return;
    }
    if (error_number != ENOSPC) throw Error(Operation::snapshot, error_number);
    const std::uint64_t needed = (bytes + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t);
    into.buffer_.resize(std::max<std::size_t>(needed, into.buffer_.size() + 1));
  }
  throw Error(Operation::snapshot, ENOSPC);
}

JobResult Device::hammer(const Job& job) const {
  percpu_scope_job abi{};
  abi.counter = number_of(job.counter);
  abi.idiom = static_cast<std::uint32_t>(job.idiom);
  abi.updates = job.updates;
  abi.period_ns = static_cast<std::uint64_t>(job.period.count());
  abi.contexts = job.contexts.mask();
  abi.interruptions = job.interruptions;
  abi.flags = (job.finding ? PERCPU_SCOPE_JOB_FINDING : 0) |
              (job.inject ? PERCPU_SCOPE_JOB_INJECT : 0) |
              (job.bh_off ? PERCPU_SCOPE_JOB_BH_OFF : 0);
  channel_.call(PERCPU_SCOPE_HAMMER, abi, Operation::hammer, subject_of(job.counter));
  JobResult result{.tally = {},
                   .elapsed = std::chrono::nanoseconds(abi.elapsed_ns),
                   .cpu = abi.cpu,
                   .interrupted = (abi.outcome & PERCPU_SCOPE_OUTCOME_INTERRUPTED) != 0,
                   .cpu_went_down = (abi.outcome & PERCPU_SCOPE_OUTCOME_CPU_WENT_DOWN) != 0,
                   .misplaced = (abi.outcome & PERCPU_SCOPE_OUTCOME_MISPLACED) != 0,
                   .ipis = abi.ipis,
                   .irq_works = abi.irq_works,
                   .migrations = abi.migrations,
                   .preemptions = abi.preemptions,
                   .injected = abi.injected,
                   .open_sections = abi.open_sections,
                   .nested = abi.nested};
  std::copy(std::begin(abi.tally), std::end(abi.tally), result.tally.by_context.begin());
  return result;
}

VerifyResult Device::verify(const Verify& request) const {
  std::vector<std::uint64_t> torn_example(request.fields);
  percpu_scope_verify abi{};
  abi.counter = number_of(request.counter);
  abi.cpu = request.cpu;
  abi.reads = request.reads;
  abi.retries_max = request.retries_max;
  abi.torn_example = torn_example.empty() ? 0 : address_of(torn_example.data());
  abi.torn_fields = static_cast<std::uint32_t>(torn_example.size());
  channel_.call(PERCPU_SCOPE_VERIFY, abi, Operation::verify, subject_of(request.counter));
  // Nothing was written there.
  if (abi.torn == 0) torn_example.clear();
  return {.interrupted = (abi.outcome & PERCPU_SCOPE_OUTCOME_INTERRUPTED) != 0,
          .done = abi.done,
          .retries = abi.retries,
          .starved = abi.starved,
          .torn = abi.torn,
          .skewed = abi.skewed,
          .backward = abi.backward,
          .changed = abi.changed,
          .elapsed = std::chrono::nanoseconds(abi.elapsed_ns),
          .torn_example = std::move(torn_example)};
}

CounterId Device::create(const Create& request) const {
  percpu_scope_create abi{};
  put(request.name, abi.name);
  abi.kind = find_kind(kinds(), request.storage.text()).number;
  abi.variant = find_variant(variants(), request.variant.text()).number;
  abi.flags = request.temporary ? PERCPU_SCOPE_CREATE_TEMPORARY : 0;
  abi.bytes = request.size;
  abi.align = request.align;
  channel_.call(PERCPU_SCOPE_CREATE, abi, Operation::create, "counter '" + request.name + "'");
  return static_cast<CounterId>(abi.counter);
}

void Device::destroy(CounterId counter) const {
  percpu_scope_destroy abi{};
  abi.counter = number_of(counter);
  channel_.call(PERCPU_SCOPE_DESTROY, abi, Operation::destroy, subject_of(counter));
}

void Device::reset(CounterId counter, std::uint64_t start, bool pattern) const {
  percpu_scope_reset abi{};
  abi.counter = number_of(counter);
  abi.flags = pattern ? PERCPU_SCOPE_RESET_PATTERN : 0;
  abi.start = start;
  channel_.call(PERCPU_SCOPE_RESET, abi, Operation::reset, subject_of(counter));
}

void Device::count_calls(CounterId counter, std::string_view function) const {
  percpu_scope_count_calls abi{};
  abi.counter = number_of(counter);
  put(function, abi.function);
  channel_.call(PERCPU_SCOPE_COUNT_CALLS, abi, Operation::count_calls,
                "of '" + std::string(function) + "'");
}

std::uint64_t Device::stop_calls(CounterId counter) const {
  percpu_scope_stop_calls abi{};
  abi.counter = number_of(counter);
  channel_.call(PERCPU_SCOPE_STOP_CALLS, abi, Operation::stop_calls, subject_of(counter));
  return abi.missed;
}

}  // namespace percpu_scope
