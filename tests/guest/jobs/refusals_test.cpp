// SPDX-License-Identifier: GPL-2.0-only
//
// Refusals: what an idiom does not promise is not run unless it is asked for as
// a finding, and what cannot be run never is. A refused job leaves no trace.
#include <gtest/gtest.h>

#include <string>

#include "support/generated.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::chrono::nanoseconds refusals_period = std::chrono::microseconds(100);
constexpr std::chrono::nanoseconds longest_period = std::chrono::seconds(1);

class Refusals : public DeviceTest {
 public:
  Refusals() {
    usual_job.counter = u64_counter.id;
    usual_job.idiom = catalogue.idiom("this_cpu_inc").id;
    usual_job.updates = 10;
    device.reset(u64_counter.id);
  }

  void TearDown() override {
    DeviceTest::TearDown();
    EXPECT_EQ(sum(u64_counter.id), accepted_jobs * usual_job.updates)
        << "a refused job has counted";
  }

  const Counter& u64_counter = catalogue.static_counter(Storage::u64);
  Job usual_job;
  // How many jobs the test expects to have been run.
  std::uint64_t accepted_jobs = 0;
};

TEST_F(Refusals, UnknownCounter) {
  usual_job.counter = static_cast<CounterId>(UINT32_MAX);
  EXPECT_ERRNO(ENOENT, device.hammer(usual_job));
}

TEST_F(Refusals, UnknownIdiom) {
  usual_job.idiom = static_cast<IdiomId>(catalogue.info.idioms);
  EXPECT_ERRNO(ENOENT, device.hammer(usual_job));
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
  usual_job.contexts = {Context::hardirq};
  const std::chrono::nanoseconds shortest(catalogue.info.min_generator_period_ns);
  ASSERT_GT(shortest.count(), 0);
  usual_job.period = shortest - std::chrono::nanoseconds(1);
  EXPECT_ERRNO(EINVAL, device.hammer(usual_job));
  usual_job.period = std::chrono::nanoseconds(0);
  EXPECT_ERRNO(EINVAL, device.hammer(usual_job));
}

TEST_F(Refusals, PeriodTooLong) {
  usual_job.contexts = {Context::softirq};
  usual_job.period = longest_period + std::chrono::nanoseconds(1);
  EXPECT_ERRNO(EINVAL, device.hammer(usual_job));
  // The longest is accepted, and a job need not wait for it.
  usual_job.period = longest_period;
  EXPECT_ERRNO(0, device.hammer(usual_job));
  ++accepted_jobs;
}

TEST_F(Refusals, PeriodWithoutContext) {
  usual_job.period = refusals_period;
  EXPECT_ERRNO(EINVAL, device.hammer(usual_job));
}

TEST_F(Refusals, TaskIsNoInterference) {
  usual_job.contexts = {Context::task};
  usual_job.period = refusals_period;
  EXPECT_ERRNO(EINVAL, device.hammer(usual_job));
  usual_job.contexts = {Context::task, Context::hardirq};
  EXPECT_ERRNO(EINVAL, device.hammer(usual_job));
}

TEST_F(Refusals, UnknownContexts) {
  usual_job.period = refusals_period;
  for (unsigned bit = PERCPU_SCOPE_CONTEXT_COUNT; bit < 64; ++bit) {
    usual_job.contexts = ContextSet(std::uint64_t{1} << bit);
    EXPECT_ERRNO(EINVAL, device.hammer(usual_job));
  }
}

TEST_F(Refusals, NmisWhereTheModuleSaysThatItHasThem) {
  usual_job.contexts = {Context::nmi};
  usual_job.period = refusals_period;
  const bool possible = catalogue.info.has(PERCPU_SCOPE_FEATURE_NMI);
  const bool promised =
      catalogue.idiom("this_cpu_inc").conserved.contains({Context::task, Context::nmi});
  EXPECT_ERRNO(possible && promised ? 0 : EOPNOTSUPP, device.hammer(usual_job));
  usual_job.finding = true;
  EXPECT_ERRNO(possible ? 0 : EOPNOTSUPP, device.hammer(usual_job));
  // How many came is none of this test's business.
  if (possible) device.reset(u64_counter.id);
}

TEST_F(Refusals, FindingOfWhatIsPromisedIsNoDifference) {
  usual_job.finding = true;
  EXPECT_ERRNO(0, device.hammer(usual_job));
  ++accepted_jobs;
}

TEST_F(Refusals, NothingToDoIsDone) {
  usual_job.updates = 0;
  const JobResult result = device.hammer(usual_job);
  EXPECT_EQ(result.tally.total(), 0U);
  EXPECT_FALSE(result.interrupted);
}

// One idiom, one set of contexts that it does not promise together.
void run_refusals(const DeviceTest& test, const std::string& name, ContextSet contexts) {
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
          .period = refusals_period,
          .interruptions = 5};
  EXPECT_ERRNO(EOPNOTSUPP, test.device.hammer(job));
  EXPECT_EQ(test.sum(counter->id), 0U) << "a refused job has counted";

  job.finding = true;
  if (!idiom.runnable.contains(contexts)) {
    EXPECT_ERRNO(EOPNOTSUPP, test.device.hammer(job));
    EXPECT_EQ(test.sum(counter->id), 0U) << "a refused job has counted";
    return;
  }
  const JobResult result = test.device.hammer(job);
  EXPECT_GE(result.tally[Context::task], job.updates);
  for (const Context context : {Context::softirq, Context::hardirq})
    if (contexts.contains(context)) {
      EXPECT_GE(result.tally[context], job.interruptions) << to_string(context);
    }
  EXPECT_FALSE(result.interrupted);
  EXPECT_FALSE(result.misplaced);
  // It may have lost updates, or left a sequence odd: nothing is promised after it.
  EXPECT_TRUE(test.describe(counter->id).is_spoilt());
  EXPECT_ERRNO(EUCLEAN, test.device.hammer({.counter = counter->id,
                                            .idiom = test.catalogue.idiom_for(counter->storage).id,
                                            .updates = 1}));
  test.device.reset(counter->id);
  EXPECT_FALSE(test.describe(counter->id).is_spoilt());
}

void generate_refusals(const Catalogue& catalogue) {
  for (const Idiom& idiom : catalogue.idioms) {
    for (const ContextSet contexts : {ContextSet{Context::softirq}, ContextSet{Context::hardirq},
                                      ContextSet{Context::softirq, Context::hardirq}}) {
      if (idiom.conserved.contains(contexts)) continue;
      std::string words = to_string(contexts);
      if (const std::size_t comma = words.find(','); comma != std::string::npos) words[comma] = '_';
      add_test("Unpromised", idiom.name + "_" + words, __FILE__, __LINE__,
               [name = idiom.name, contexts](const DeviceTest& test) {
                 run_refusals(test, name, contexts);
               });
    }
  }
}

const GeneratedSuite refusals_suite("Unpromised", generate_refusals);

}  // namespace
}  // namespace percpu_scope::guest
