// SPDX-License-Identifier: GPL-2.0-only
//
// The jobs of torture follow from the seed, and stay within what may be asked.
#include <gtest/gtest.h>

#include <set>

#include "percpu_scope/error.hpp"
#include "percpu_scope/prove/torture_jobs.hpp"
#include "percpu_scope/prove/torture_requests.hpp"
#include "samples.hpp"

namespace percpu_scope {
namespace {

std::vector<TortureCell> cells() {
  Info info;
  info.features = PERCPU_SCOPE_FEATURE_NMI;
  Idiom safe = samples::sum_idiom();
  safe.name = "safe";
  safe.conserved = {Context::task, Context::softirq, Context::hardirq};
  const std::vector<Idiom> idioms{samples::sum_idiom(), safe, samples::pattern_idiom(),
                                  samples::control_idiom()};
  return torture_cells(info, idioms, {}, {});
}

std::string jobs(std::uint64_t seed, std::uint32_t worker) {
  TortureSequence sequence(cells(), seed, worker, 2);
  std::string text;
  for (int i = 0; i < 200; ++i) text += sequence.next().describe() + "\n";
  return text;
}

TEST(Torture, TheSameSeedMakesTheSameJobs) {
  EXPECT_EQ(jobs(1, 0), jobs(1, 0));
  EXPECT_NE(jobs(1, 0), jobs(2, 0));
  EXPECT_NE(jobs(1, 0), jobs(1, 1));
  EXPECT_NE(jobs(1, 0), jobs(1 + (std::uint64_t{1} << 32), 0));
}

TEST(Torture, JobsAreWhatTheModuleTakes) {
  TortureSequence sequence(cells(), 7, 0, 3);
  std::set<Expectation> seen;
  unsigned shared = 0;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const TortureJob job = sequence.next();
    EXPECT_EQ(job.number, i);
    EXPECT_LT(job.cpu_index, 3U);
    const bool interferes = job.cell.contexts != ContextSet{Context::task};
    EXPECT_EQ(job.period.count() > 0, interferes);
    EXPECT_EQ(job.interruptions > 0, interferes);
    EXPECT_EQ(job.updates > 0, job.cell.contexts.contains(Context::task));
    if (job.counter == TortureCounter::shared) {
      // "inc" may not meet another worker's softirq.
      EXPECT_EQ(job.cell.idiom.name, "safe");
      ++shared;
      EXPECT_EQ(job.cell.expectation, Expectation::conserved);
      EXPECT_FALSE(job.cell.idiom.is_pattern());
    }
    seen.insert(job.cell.expectation);
  }
  EXPECT_GT(shared, 0U);
  EXPECT_EQ(seen.size(), 3U) << "promises, refusals and findings must all come up";
}

TEST(Torture, NothingThatMayLoseIsTriedOnWhatAllWorkersShare) {
  Idiom packed = samples::sum_idiom();
  packed.storage = Storage::array_packed;
  packed.kind_flags = 0;
  const std::vector<Idiom> idioms{packed};
  const std::vector<TortureCell> found = torture_cells(Info{}, idioms, {}, {});
  EXPECT_EQ(found.size(), 3U);  // task, hardirq and both, which it promises
  for (const TortureCell& cell : found)
    EXPECT_EQ(cell.expectation, Expectation::conserved) << to_string(cell.contexts);
}

TEST(Torture, KindsOfANewerModuleAreTorturedAsTheOthersAre) {
  Idiom newer = samples::sum_idiom();
  newer.storage = Storage("u64_newer");
  const std::vector<Idiom> idioms{newer};
  TortureSequence sequence(torture_cells(Info{}, idioms, {}, {}), 1, 0, 2);
  const TortureJob job = sequence.next();
  EXPECT_EQ(job.counter, TortureCounter::own);
  EXPECT_NE(job.describe().find("on an own u64_newer"), std::string::npos) << job.describe();
}

TEST(Torture, CellsAreChosenByIdiomAndContext) {
  const std::vector<Idiom> idioms{samples::sum_idiom(), samples::pattern_idiom(),
                                  samples::control_idiom()};
  const Info info;
  EXPECT_EQ(torture_cells(info, idioms, {}, {}).size(),
            18U);  // no control; 4 with bottom halves off
  const std::vector<std::string> named{"inc"};
  EXPECT_EQ(torture_cells(info, idioms, named, {}).size(), 9U);
  EXPECT_EQ(torture_cells(info, idioms, named, {Context::task, Context::hardirq}).size(), 3U);
  EXPECT_TRUE(torture_cells(info, idioms, named, {Context::nmi}).empty());
  const std::vector<std::string> unknown{"nonesuch"};
  EXPECT_THROW((void)torture_cells(info, idioms, unknown, {}), UnknownNameError);
  EXPECT_THROW(TortureSequence({}, 0, 0, 1), std::invalid_argument);
}

TEST(Torture, NothingDoneIsNoSuccess) {
  TortureResult result;
  EXPECT_FALSE(result.good());
  result.totals.tally.by_context[0] = 1;
  EXPECT_TRUE(result.good());
  result.failures.push_back({.message = "lost", .replay = "pcpu"});
  EXPECT_FALSE(result.good());
}

}  // namespace
}  // namespace percpu_scope
