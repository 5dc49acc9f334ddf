// SPDX-License-Identifier: GPL-2.0-only
//
// Pairs: a job of one idiom while one of another is at work on the same copies, on the same
// CPU. A promise is the copy's: what both cannot keep is refused, whatever each is promised
// by itself, and what is admitted loses nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/generated.hpp"

namespace percpu_scope::guest {
namespace {

constexpr std::chrono::microseconds pair_period{100};
constexpr std::uint64_t pair_updates = 5'000;
constexpr std::uint64_t waiting_pair_updates = 50;

struct Part {
  Idiom idiom;
  ContextSet interrupts;  // beside task

  // It calls other CPUs, which update their copies in an interrupt.
  [[nodiscard]] bool calls() const { return idiom.name.starts_with("smp_call_"); }
  // Of its own kind two calls do not meet: an interrupt waits for the one before.
  [[nodiscard]] bool bears(const Part& other) const {
    ContextSet met = interrupts | other.interrupts | ContextSet{Context::task};
    if (other.calls() && other.idiom.id != idiom.id) met.insert(Context::hardirq);
    return idiom.conserved.contains(met);
  }
  [[nodiscard]] Job job(const Counter& counter, std::uint64_t updates) const {
    Job wanted{
        .counter = counter.id, .idiom = idiom.id, .updates = updates, .contexts = interrupts};
    if (!interrupts.empty()) wanted.period = pair_period;
    return wanted;
  }
};

// A pattern goes on from the low half of what it finds: that half is a sum, whoever adds.
void expect_gain(const DeviceTest& test, const Counter& counter, std::uint64_t updates) {
  for (std::size_t field = 0; field < counter.fields.size(); ++field)
    EXPECT_EQ(static_cast<std::uint32_t>(test.sum(counter.id, field)),
              static_cast<std::uint32_t>(updates * counter.fields[field].weight))
        << counter.fields[field].name << " after " << updates << " updates";
}

void run_pair(const DeviceTest& test, const Counter& counter, const Part& first,
              const Part& second) {
  const Device& device = test.device;
  const std::uint32_t cpu = test.catalogue.online.back();
  device.reset(counter.id);

  BackgroundJob background(device, cpu, first.job(counter, UINT64_MAX));
  ASSERT_TRUE(background.counts());
  Job beside = second.job(counter, second.calls() ? waiting_pair_updates : pair_updates);
  std::uint64_t counted = 0;
  if (first.bears(second) && second.bears(first)) {
    counted = hammer_on(device, cpu, beside).tally.total();
    EXPECT_GE(counted, beside.updates);
  } else {
    EXPECT_ERRNO(EBUSY, hammer_on(device, cpu, beside));
    beside.finding = true;
    EXPECT_ERRNO(EBUSY, hammer_on(device, cpu, beside)) << "as a finding, beside a promise";
  }
  background.interrupt();
  counted += background.result().tally.total();
  expect_gain(test, counter, counted);
}

std::string title(const Part& part) {
  std::string name = part.idiom.name;
  if (!part.interrupts.empty()) name += "_" + to_string(part.interrupts);
  std::replace(name.begin(), name.end(), ',', '_');
  return name;
}

void generate_pairs(const Catalogue& catalogue) {
  const auto add = [](const Counter& counter, const Part& first, const Part& second) {
    add_test(
        "Pairs",
        std::string(to_string(counter.storage)) + "_" + title(first) + "_beside_" + title(second),
        __FILE__, __LINE__, [counter, first, second](const DeviceTest& test) {
          run_pair(test, counter, first, second);
        });
  };
  for (const Counter& counter : catalogue.counters) {
    // One of each storage: others of it lie elsewhere, and are updated no differently.
    if (&counter != &catalogue.static_counter(counter.storage)) continue;
    for (const Idiom& first : catalogue.idioms) {
      if (first.is_control() || !first.fits(counter)) continue;
      const ContextSet maskable = first.conserved & ContextSet{Context::softirq, Context::hardirq};
      for (const Idiom& second : catalogue.idioms) {
        if (second.is_control() || !second.fits(counter)) continue;
        if (first.id <= second.id) add(counter, {first, {}}, {second, {}});
        if (!maskable.empty()) add(counter, {first, maskable}, {second, {}});
      }
    }
  }
}

const GeneratedSuite pairs_suite("Pairs", generate_pairs);

class Use : public DeviceTest {
 public:
  Use() { device.reset(plain.id); }
  void TearDown() override {
    device.reset(plain.id);
    DeviceTest::TearDown();
  }

  [[nodiscard]] Job job(std::string_view idiom) const {
    return {.counter = plain.id, .idiom = catalogue.idiom(idiom).id, .updates = 100};
  }
  void expect_spoilt(bool spoilt) const {
    EXPECT_EQ(Catalogue::read(device).static_counter(Storage::u64).is_spoilt(), spoilt);
  }
  [[nodiscard]] JobResult run(const Job& wanted) const {
    return hammer_on(device, catalogue.online.back(), wanted);
  }

  const Counter& plain = catalogue.static_counter(Storage::u64);
};

// What a finding leaves behind outlives it: half a section, a lost update.
TEST_F(Use, AFindingSpoilsUntilTheReset) {
  Job finding = job("get_cpu_var");
  finding.contexts = {Context::hardirq};
  finding.period = pair_period;
  finding.finding = true;
  expect_spoilt(false);
  (void)run(finding);
  expect_spoilt(true);
  EXPECT_ERRNO(EUCLEAN, run(job("this_cpu_inc")));
  EXPECT_ERRNO(0, run(finding));
  device.reset(plain.id);
  expect_spoilt(false);
  EXPECT_ERRNO(0, run(job("this_cpu_inc")));
}

TEST_F(Use, AFindingThatIsPromisedSpoilsNothing) {
  Job promised = job("this_cpu_inc");
  promised.finding = true;
  (void)run(promised);
  expect_spoilt(false);
}

// The softirqs of the one come into the updates of every other: all tasks must keep them out.
TEST_F(Use, BottomHalvesOffIsPromisedWhereAllTasksDoIt) {
  const bool promised = !catalogue.info.has(PERCPU_SCOPE_FEATURE_RT);
  Job off = job("get_cpu_var");
  off.bh_off = true;
  EXPECT_ERRNO(0, run(off));
  off.contexts = {Context::softirq};
  off.period = pair_period;
  EXPECT_ERRNO(promised ? 0 : EOPNOTSUPP, run(off));
  if (!promised) return;
  device.reset(plain.id);
  off.updates = UINT64_MAX;
  BackgroundJob background(device, catalogue.online.front(), off);
  ASSERT_TRUE(background.counts());
  Job on = job("get_cpu_var");
  try {
    (void)run(on);
    ADD_FAILURE() << "it was admitted with bottom halves on";
  } catch (const Error& error) {
    EXPECT_EQ(Errno{error.error_number()}, Errno{EBUSY});
    EXPECT_EQ(error.in_the_way(), "get_cpu_var in task,softirq with bottom halves off");
  }
  on.bh_off = true;
  const JobResult second = run(on);
  EXPECT_FALSE(second.misplaced);
  background.interrupt();
  const JobResult first = background.result();
  EXPECT_FALSE(first.misplaced);
  EXPECT_GT(first.tally[Context::softirq], 0U);
  EXPECT_EQ(sum(plain.id), first.tally.total() + second.tally.total());
}

TEST_F(Use, FindingsRunBesideEachOther) {
  Job finding = job("get_cpu_var");
  finding.contexts = {Context::hardirq};
  finding.period = pair_period;
  finding.finding = true;
  finding.updates = UINT64_MAX;
  BackgroundJob background(device, catalogue.online.front(), finding);
  ASSERT_TRUE(background.counts());
  // Before the first has ended, and spoilt the counter for good.
  EXPECT_ERRNO(EUCLEAN, run(job("this_cpu_inc")));
  finding.updates = 100;
  EXPECT_ERRNO(0, run(finding));
  EXPECT_ERRNO(EBUSY, device.reset(plain.id));
}

}  // namespace
}  // namespace percpu_scope::guest
