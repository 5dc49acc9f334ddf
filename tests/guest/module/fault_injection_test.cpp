// SPDX-License-Identifier: GPL-2.0-only
//
// FaultInjection: requests with each of their allocations from the slabs failing in turn,
// on kernels that can make one fail (Documentation/fault-injection, CONFIG_FAILSLAB): they
// say ENOMEM, or do without, and leave nothing behind. What is lost all the same, kmemleak
// finds. Per-CPU memory itself fails only where its chunks are full: no slab is asked.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/device_test.hpp"

namespace percpu_scope::guest {
namespace {

constexpr const char* verbose = "/sys/kernel/debug/failslab/verbose";
constexpr const char* ignore_wait = "/sys/kernel/debug/failslab/ignore-gfp-wait";
constexpr unsigned most_allocations = 2'000;  // of one request: more is no end

// The nth allocation of this thread from now on fails.
class NthFailure {
 public:
  explicit NthFailure(unsigned nth) : file_(::open("/proc/thread-self/fail-nth", O_RDWR)) {
    write(nth);
  }
  // Had there been so many?
  [[nodiscard]] bool disarm() const {
    std::array<char, 16> text{};
    const ssize_t got = ::pread(file_.number(), text.data(), text.size() - 1, 0);
    write(0);
    EXPECT_GT(got, 0);
    return std::string(text.data()) == "0\n";
  }

 private:
  void write(unsigned nth) const {
    const std::string text = std::to_string(nth);
    EXPECT_EQ(::pwrite(file_.number(), text.data(), text.size(), 0),
              static_cast<ssize_t>(text.size()));
  }
  FileDescriptor file_;
};

class FaultInjection : public DeviceTest {
 public:
  void SetUp() override {
    if (!path_exists(verbose)) GTEST_SKIP() << "this kernel is built without CONFIG_FAILSLAB";
    // Those that may sleep fail, too; and no failure writes to the console.
    sleeping_.emplace(ignore_wait, "N");
    quiet_.emplace(verbose, "0");
    pin_this_thread(catalogue.online.front());
  }
  void TearDown() override {
    unpin_this_thread();
    DeviceTest::TearDown();
  }

  // `request` until none of its allocations is left to fail; `undo` where it succeeded.
  void fail_each(
      const std::string& what, const std::function<Errno()>& request,
      const std::function<void()>& undo = [] {}) const {
    const std::size_t counters = device.counters().size();
    unsigned refused = 0;
    for (unsigned nth = 1; nth <= most_allocations; ++nth) {
      const NthFailure failure(nth);
      const Errno error = request();
      const bool failed = failure.disarm();
      if (error == Errno{}) {
        undo();
      } else {
        ++refused;
        EXPECT_EQ(error, Errno{ENOMEM}) << what << ", allocation " << nth;
      }
      ASSERT_EQ(device.counters().size(), counters) << what << ", allocation " << nth;
      if (failed) continue;
      EXPECT_EQ(error, Errno{}) << what << " fails of itself";
      EXPECT_GT(refused, 0U) << what << " allocates nothing that it needs";
      return;
    }
    FAIL() << what << " allocates without end";
  }

 private:
  std::optional<Sysctl> sleeping_;
  std::optional<Sysctl> quiet_;
};

TEST_F(FaultInjection, Creating) {
  for (const Variant variant :
       {Variant::alloc_percpu, Variant::alloc_percpu_sized, Variant::alloc_percpu_gfp}) {
    CounterId id{};
    fail_each(
        "creating by " + std::string(to_string(variant)),
        [&] {
          return errno_of([&] {
            id = device.create({.name = "fault", .storage = Storage::seqcount, .variant = variant});
          });
        },
        [&] { device.destroy(id); });
  }
}

TEST_F(FaultInjection, Hammering) {
  const TemporaryCounter counter(device, {.name = "fault"});
  Job job{.counter = counter.id(), .idiom = catalogue.idiom("this_cpu_inc").id, .updates = 1'000};
  job.contexts = {Context::softirq, Context::hardirq};
  job.period = std::chrono::microseconds(100);
  job.interruptions = 2;
  std::uint64_t issued = 0;
  fail_each("hammering",
            [&] { return errno_of([&] { issued += device.hammer(job).tally.total(); }); });
  EXPECT_EQ(sum(counter.id()), issued);
}

TEST_F(FaultInjection, Reading) {
  const Counter& counter = catalogue.static_counter(Storage::seqcount);
  const std::array ids{counter.id};
  fail_each("a snapshot", [&] { return errno_of([&] { (void)device.snapshot(ids); }); });
  fail_each("reading by debugfs", [] {
    const FileDescriptor file(::open("/sys/kernel/debug/percpu_scope/values", O_RDONLY));
    std::array<char, 4096> text{};
    if (!file || ::read(file.number(), text.data(), text.size()) < 0) return Errno{errno};
    return Errno{};
  });
}

TEST_F(FaultInjection, Opening) {
  fail_each("opening", [] { return errno_of([] { const Device another(Access::read_only); }); });
}

}  // namespace
}  // namespace percpu_scope::guest
