// SPDX-License-Identifier: GPL-2.0-only
//
// When looks are due, by a clock of our own: what is missed is dropped.
#include "cli/frame/ticks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace percpu_scope::cli {
namespace {

using std::chrono::milliseconds;

class TicksTest : public testing::Test {
 public:
  // Looks of 100 ms; each takes `work`. The times at which they are made.
  std::vector<int> looks(int count, milliseconds work) {
    Ticks ticks(100, Clock::time_point{},
                {.now = [this] { return now_; },
                 .sleep_until =
                     [this](Clock::time_point due) {
                       now_ = std::max(now_, due) + overslept_;
                       overslept_ = {};
                     }});
    std::vector<int> times;
    for (int i = 0; i < count; ++i) {
      if (i == 2) overslept_ = stopped_while_asleep;
      EXPECT_TRUE(ticks.wait());
      times.push_back(static_cast<int>(
          std::chrono::duration_cast<milliseconds>(now_ - Clock::time_point{}).count()));
      now_ += work;
      if (i == 2) now_ += stopped_while_printing;
    }
    return times;
  }

  milliseconds stopped_while_asleep{0};    // before the third look
  milliseconds stopped_while_printing{0};  // after it

 private:
  Clock::time_point now_{};
  milliseconds overslept_{0};
};
using Times = std::vector<int>;

TEST_F(TicksTest, ComeAtAnEvenPace) {
  EXPECT_EQ(looks(4, milliseconds(30)), (Times{100, 200, 300, 400}));
}

TEST_F(TicksTest, OfWorkThatTakesLongerAreFewer) {
  EXPECT_EQ(looks(4, milliseconds(130)), (Times{100, 300, 500, 700}));
}

// Ctrl-Z for five minutes: one look, not three thousand.
TEST_F(TicksTest, ThatWereMissedAreDropped) {
  stopped_while_printing = milliseconds(300'050);
  EXPECT_EQ(looks(6, milliseconds(10)), (Times{100, 200, 300, 300'400, 300'500, 300'600}));
}

// Woken right before the next one is due: rates over a millisecond would say nothing.
TEST_F(TicksTest, AreNeverCloserThanHalfAnInterval) {
  stopped_while_asleep = milliseconds(299);
  EXPECT_EQ(looks(5, milliseconds(0)), (Times{100, 200, 599, 700, 800}));
}

TEST_F(TicksTest, OfOneMillisecondAreToldApart) {
  Clock::time_point now{};
  Ticks ticks(1, now, {.now = [&] { return now; }, .sleep_until = [&](auto due) { now = due; }});
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(ticks.wait());
    EXPECT_EQ(now - Clock::time_point{}, milliseconds(i));
  }
}

}  // namespace
}  // namespace percpu_scope::cli
