// SPDX-License-Identifier: GPL-2.0-only
//
// The fixture, and jobs in the background.
#include "support/device_test.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <string>

namespace percpu_scope::guest {
namespace {

template <typename List, typename Predicate>
const typename List::value_type& first_of(const List& list, Predicate predicate,
                                          const std::string& what) {
  const auto found = std::find_if(list.begin(), list.end(), predicate);
  if (found == list.end()) throw std::runtime_error("the module has no " + what);
  return *found;
}

std::uint64_t sum_of(const Device& device, CounterId counter, std::size_t field) {
  const std::array ids{counter};
  return device.snapshot(ids).sum(counter, field);
}

}  // namespace

Catalogue Catalogue::read(const Device& device) {
  Catalogue catalogue{.info = device.info(),
                      .cpus = device.cpus(),
                      .counters = device.counters(),
                      .idioms = device.idioms(),
                      .online = allowed_cpus()};
  std::erase_if(catalogue.online, [&](std::uint32_t number) {
    return std::none_of(catalogue.cpus.begin(), catalogue.cpus.end(),
                        [number](const Cpu& cpu) { return cpu.number == number && cpu.online; });
  });
  return catalogue;
}

const Counter& Catalogue::counter(std::string_view name) const {
  return find_counter(counters, name);
}

const Idiom& Catalogue::idiom(std::string_view name) const { return find_idiom(idioms, name); }

const Counter& Catalogue::static_counter(Storage storage) const {
  return first_of(
      counters,
      [storage](const Counter& counter) {
        return counter.origin == Origin::static_ && counter.storage == storage;
      },
      "static counter of storage " + std::string(to_string(storage)));
}

const Idiom& Catalogue::idiom_for(Storage storage) const {
  return first_of(
      idioms,
      [storage](const Idiom& idiom) {
        return idiom.fits(storage) && !idiom.is_control() && !idiom.is_pattern();
      },
      "idiom for storage " + std::string(to_string(storage)));
}

const Idiom& Catalogue::pattern_idiom_for(Storage storage) const {
  return first_of(
      idioms,
      [storage](const Idiom& idiom) {
        return idiom.fits(storage) && !idiom.is_control() && idiom.is_pattern();
      },
      "pattern idiom for storage " + std::string(to_string(storage)));
}

std::vector<Context> Catalogue::interfering() const {
  std::vector<Context> contexts{Context::softirq, Context::hardirq};
  if (info.has(PERCPU_SCOPE_FEATURE_NMI)) contexts.push_back(Context::nmi);
  return contexts;
}

std::size_t Catalogue::place_of(std::uint32_t cpu) const {
  const std::string name = "CPU " + std::to_string(cpu);
  const Cpu& found = first_of(
      cpus, [cpu](const Cpu& entry) { return entry.number == cpu; }, name);
  return static_cast<std::size_t>(&found - cpus.data());
}

void DeviceTest::TearDown() {
  EXPECT_EQ(device.info().dynamic_counters, catalogue.info.dynamic_counters)
      << "the test left dynamic counters behind";
  EXPECT_EQ(allowed_cpus(), allowed_) << "the test left its thread pinned: later ones skip CPUs";
}

std::uint64_t DeviceTest::sum(CounterId counter, std::size_t field) const {
  return sum_of(device, counter, field);
}

Counter DeviceTest::describe(CounterId counter) const {
  for (const Counter& candidate : device.counters())
    if (candidate.id == counter) return candidate;
  throw std::runtime_error("counter " + std::to_string(static_cast<std::uint32_t>(counter)) +
                           " is not listed");
}

bool DeviceTest::exists(CounterId counter) const {
  const std::vector<Counter> counters = device.counters();
  return std::any_of(counters.begin(), counters.end(),
                     [counter](const Counter& candidate) { return candidate.id == counter; });
}

TemporaryCounter::~TemporaryCounter() {
  const Errno error = errno_of([&] { device_.destroy(id_); });
  EXPECT_TRUE(error == Errno{0} || error == Errno{ENOENT}) << error;
}

JobResult hammer_on(const Device& device, std::uint32_t cpu, const Job& job) {
  JobResult result;
  const std::array cpus{cpu};
  run_on_cpus(cpus, [&](const PinnedThread& /*thread*/) { result = device.hammer(job); });
  return result;
}

BackgroundJob::BackgroundJob(const Device& device, std::uint32_t cpu, const Job& job)
    : device_(device),
      counter_(job.counter),
      start_(sum_of(device, job.counter, 0)),
      thread_([=, this] {
        pin_this_thread(cpu);
        result_ = device_.hammer(job);
      }) {}

BackgroundJob::~BackgroundJob() { interrupt(); }

bool BackgroundJob::counts() const {
  return eventually([&] { return sum_of(device_, counter_, 0) != start_ || thread_.ended(); });
}

void BackgroundJob::move_to(std::uint32_t cpu) { thread_.move_to(cpu); }

void BackgroundJob::interrupt() { thread_.signal_until_ended(); }

JobResult BackgroundJob::result() {
  thread_.join();
  return result_;
}

}  // namespace percpu_scope::guest
