// SPDX-License-Identifier: GPL-2.0-only
//
// Refusals: what an idiom does not promise is not run unless it is asked for as
// a finding, and what cannot be run never is. A refused job leaves no trace.
#include <gtest/gtest.h>

#include <string>

#include "generated.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::chrono::nanoseconds period = std::chrono::microseconds(100);
constexpr std::chrono::nanoseconds longest_period = std::chrono::seconds(1);

class Refusals : public DeviceTest {
 public:
  Refusals() {
    job_.counter = counter_.id;
    job_.idiom = catalogue.idiom("this_cpu_inc").id;
    job_.updates = 10;
    device.reset(counter_.id);
  }

  void TearDown() override {
    DeviceTest::TearDown();
    EXPECT_EQ(sum(counter_.id), accepted_ * job_.updates) << "a refused job has counted";
  }

  const Counter& counter_ = catalogue.static_counter(Storage::u64);
  Job job_;
  // How many jobs the test expects to have been run.
  std::uint64_t accepted_ = 0;
};

TEST_F(Refusals, UnknownCounter) {
  job_.counter = static_cast<CounterId>(UINT32_MAX);
  EXPECT_ERRNO(ENOENT, device.hammer(job_));
}

TEST_F(Refusals, UnknownIdiom) {
  job_.idiom = static_cast<IdiomId>(catalogue.info.idioms);
  EXPECT_ERRNO(ENOENT, device.hammer(job_));
}

TEST_F(Refusals, IdiomThatDoesNotFitTheStorage) {
  int refused = 0;
  for (const Idiom& idiom : catalogue.idioms) {
    for (const Counter& counter : catalogue.counters) {
      if (idiom.fits(counter)) continue;
      SCOPED_TRACE(idiom.name + " on " + counter.name);
      const Job job{.counter = counter.id, .idiom = idiom.id, .updates = 1};
      EXPECT_ERRNO(EINVAL, device.hammer(job));
      Job finding = job;
      finding.finding = true;
      EXPECT_ERRNO(EINVAL, device.hammer(finding));
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

TEST_F(Refusals, PeriodTooShort) {
  job_.contexts = {Context::hardirq};
  const std::chrono::nanoseconds shortest(catalogue.info.min_generator_period_ns);
  ASSERT_GT(shortest.count(), 0);
  job_.period = shortest - std::chrono::nanoseconds(1);
  EXPECT_ERRNO(EINVAL, device.hammer(job_));
  job_.period = std::chrono::nanoseconds(0);
  EXPECT_ERRNO(EINVAL, device.hammer(job_));
}

TEST_F(Refusals, PeriodTooLong) {
  job_.contexts = {Context::softirq};
  job_.period = longest_period + std::chrono::nanoseconds(1);
  EXPECT_ERRNO(EINVAL, device.hammer(job_));
  // The longest is accepted, and a job need not wait for it.
  job_.period = longest_period;
  EXPECT_ERRNO(0, device.hammer(job_));
  ++accepted_;
}

TEST_F(Refusals, PeriodWithoutContext) {
  job_.period = period;
  EXPECT_ERRNO(EINVAL, device.hammer(job_));
}

TEST_F(Refusals, TaskIsNoInterference) {
  job_.contexts = {Context::task};
  job_.period = period;
  EXPECT_ERRNO(EINVAL, device.hammer(job_));
  job_.contexts = {Context::task, Context::hardirq};
  EXPECT_ERRNO(EINVAL, device.hammer(job_));
}

TEST_F(Refusals, UnknownContexts) {
  job_.period = period;
  for (unsigned bit = PERCPU_SCOPE_CONTEXT_COUNT; bit < 32; ++bit) {
    job_.contexts = ContextSet(std::uint32_t{1} << bit);
    EXPECT_ERRNO(EINVAL, device.hammer(job_));
  }
}

TEST_F(Refusals, NmiWhereNoneCanBeGenerated) {
  job_.contexts = {Context::nmi};
  job_.period = period;
  for (const bool finding : {false, true}) {
    job_.finding = finding;
    if (!catalogue.info.has(PERCPU_SCOPE_FEATURE_NMI)) {
      EXPECT_ERRNO(EOPNOTSUPP, device.hammer(job_));
    }
  }
}

TEST_F(Refusals, FindingOfWhatIsPromisedIsNoDifference) {
  job_.finding = true;
  EXPECT_ERRNO(0, device.hammer(job_));
  ++accepted_;
}

TEST_F(Refusals, NothingToDoIsDone) {
  job_.updates = 0;
  const JobResult result = device.hammer(job_);
  EXPECT_EQ(result.tally.total(), 0U);
  EXPECT_FALSE(result.interrupted);
}

// One idiom, one set of contexts that it does not promise together.
void run(const DeviceTest& test, const std::string& name, ContextSet contexts) {
  const Idiom& idiom = test.catalogue.idiom(name);
  const Counter* counter = nullptr;
  for (const Counter& candidate : test.catalogue.counters)
    if (idiom.fits(candidate)) counter = &candidate;
  { ASSERT_NE(counter, nullptr); }
  test.device.reset(counter->id);

  Job job{.counter = counter->id,
          .idiom = idiom.id,
          .updates = 1000,
          .contexts = contexts,
          .period = period};
  EXPECT_ERRNO(EOPNOTSUPP, test.device.hammer(job));
  EXPECT_EQ(test.sum(counter->id), 0U) << "a refused job has counted";

  job.finding = true;
  if (!idiom.runnable.contains(contexts)) {
    EXPECT_ERRNO(EOPNOTSUPP, test.device.hammer(job));
    EXPECT_EQ(test.sum(counter->id), 0U) << "a refused job has counted";
    return;
  }
  const JobResult result = test.device.hammer(job);
  EXPECT_EQ(result.tally[Context::task], job.updates);
  EXPECT_FALSE(result.interrupted);
  // A finding may have lost updates, or left a sequence odd.
  test.device.reset(counter->id);
}

void generate(const Catalogue& catalogue) {
  for (const Idiom& idiom : catalogue.idioms) {
    for (const ContextSet contexts : {ContextSet{Context::softirq}, ContextSet{Context::hardirq},
                                      ContextSet{Context::softirq, Context::hardirq}}) {
      if (idiom.conserved.contains(contexts)) continue;
      std::string words = to_string(contexts);
      if (const std::size_t comma = words.find(','); comma != std::string::npos) words[comma] = '_';
      add_test(
          "Unpromised", idiom.name + "_" + words, __FILE__, __LINE__,
          [name = idiom.name, contexts](const DeviceTest& test) { run(test, name, contexts); });
    }
  }
}

const GeneratedSuite suite("Unpromised", generate);

}  // namespace
}  // namespace percpu_scope::guest
