// SPDX-License-Identifier: GPL-2.0-only
//
// Gains modulo a type's width, rates, and how even CPUs are.
#include "cli/var/rates.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace percpu_scope::cli {
namespace {

using std::chrono::milliseconds;

TEST(Gain, WrapsAtTheWidth) {
  EXPECT_EQ(gain(5, 8, 64), 3U);
  EXPECT_EQ(gain(UINT64_MAX, 1, 64), 2U);
  EXPECT_EQ(gain(UINT32_MAX, 1, 32), 2U);
  EXPECT_EQ(gain(0xfe, 0x01, 8), 3U);
  EXPECT_EQ(gain(6, 1, 3), 3U);
  EXPECT_EQ(gain(0, INT64_MAX, 64), std::uint64_t{INT64_MAX});
}

TEST(Gain, OfASignedNumberThatPassesZero) {
  EXPECT_EQ(gain(static_cast<std::uint64_t>(-3), 2, 32), 5U);
  EXPECT_EQ(gain(static_cast<std::uint64_t>(-3), 2, 64), 5U);
}

TEST(Gain, OfADecreaseIsNone) {
  EXPECT_FALSE(gain(8, 5, 64).has_value());
  EXPECT_FALSE(gain(8, 5, 32).has_value());
  EXPECT_FALSE(gain(1000, 0, 32).has_value());
  EXPECT_FALSE(gain(2, static_cast<std::uint64_t>(-3), 32).has_value());
}

using Values = std::vector<std::optional<std::uint64_t>>;

class Rates : public testing::Test {
 public:
  // Of what could all be read, on CPUs that are all online.
  [[nodiscard]] Look look(Values values) const {
    return {.values = std::move(values),
            .unread = std::vector<std::string>(tracks.size()),
            .online = std::vector<bool>(cpus.size(), true)};
  }
  void update(Json& document, const Look& before, const Look& after) const {
    update_rates(document, tracks, cpus, before, after, milliseconds(500), milliseconds(1500));
  }
  [[nodiscard]] Json document(const Look& before, const Look& after) const {
    Json document;
    update(document, before, after);
    return document;
  }
  [[nodiscard]] Json document(Values before, Values after) const {
    return document(look(std::move(before)), look(std::move(after)));
  }

  std::vector<Track> tracks{{.name = "a", .width = 64, .cpus = {0, 1}},
                            {.name = "b.c", .width = 32, .cpus = {0, 1}}};
  std::vector<std::uint32_t> cpus{0, 3};
};

TEST_F(Rates, OfMeasuredTime) {
  const Json document = this->document({10, 20, 0, 0}, {40, 30, 7, 7});
  EXPECT_EQ(document.at("time_ns"), 1'500'000'000U);
  EXPECT_EQ(document.at("interval_ns"), 500'000'000U);
  EXPECT_EQ(document.at("variables").at(0).dump(),
            R"({"variable":"a","cpus":{"0":60,"3":20},"sum":70,"gained":40,"rate":80,)"
            R"("max":60,"mean":40,"imbalance":1.5,"busiest":0,"note":null})");
  EXPECT_EQ(document.at("variables").at(1).at("imbalance"), 1.0);
}

TEST_F(Rates, OfADecreaseAreNone) {
  const Json document = this->document({10, 20, 5, UINT32_MAX}, {5, 30, 5, 1});
  const Json& decreased = document.at("variables").at(0);
  EXPECT_TRUE(decreased.at("cpus").at("0").is_null());
  EXPECT_EQ(decreased.at("cpus").at("3"), 20);
  for (const char* const key : {"gained", "rate", "max", "mean", "imbalance", "busiest"})
    EXPECT_TRUE(decreased.at(key).is_null()) << key;
  EXPECT_EQ(decreased.at("note"), "reset? CPU 0");
  const Json& wrapped = document.at("variables").at(1);
  EXPECT_EQ(wrapped.at("gained"), 2);
  EXPECT_EQ(wrapped.at("busiest"), 3);
}

TEST_F(Rates, AreUpdatedInPlace) {
  Json document = this->document({10, 20, 5, 6}, {5, 30, 5, 6});
  update(document, look({10, 20, 0, 0}), look({40, 30, 7, 7}));
  EXPECT_EQ(document, this->document({10, 20, 0, 0}, {40, 30, 7, 7}));
}

TEST_F(Rates, OfWhatStandsStillAreZero) {
  const Json document = this->document({1, 2, 3, 4}, {1, 2, 3, 4});
  EXPECT_EQ(document.at("variables").at(0).at("rate"), 0);
  EXPECT_TRUE(document.at("variables").at(0).at("imbalance").is_null());
}

// null: not one of the track's CPUs, whatever is seen there.
TEST_F(Rates, OfItsOwnCpusAlone) {
  tracks[0].cpus = {0};
  tracks[1].cpus = {1};
  const Json document = this->document({10, {}, 99, 5}, {40, {}, 0, 8});
  EXPECT_EQ(document.at("variables").at(0).dump(),
            R"({"variable":"a","cpus":{"0":60,"3":null},"sum":40,"gained":30,"rate":60,)"
            R"("max":60,"mean":60,"imbalance":1.0,"busiest":0,"note":null})");
  EXPECT_EQ(document.at("variables").at(1).dump(),
            R"({"variable":"b.c","cpus":{"0":null,"3":6},"sum":8,"gained":3,"rate":6,)"
            R"("max":6,"mean":6,"imbalance":1.0,"busiest":3,"note":null})");
  EXPECT_EQ(render_rates(document, RateView::all, Numbers::exact),
            "after 1.500 s, over 0.500 s\n"
            "variable  cpu0/s  cpu3/s  sum  per second  max/mean  note\n"
            "a             60       -   40          60       1.0     -\n"
            "b.c            -       6    8           6       1.0     -\n");
}

TEST_F(Rates, OfWhatCannotBeReadAreNone) {
  const Look before = look({10, 20, 1, 2});
  Look after = look({40, {}, {}, {}});
  after.unread = {"why", "it has gone"};
  Json document = this->document(before, after);
  const Json& part = document.at("variables").at(0);
  EXPECT_EQ(part.at("cpus").dump(), R"({"0":60,"3":null})");
  EXPECT_EQ(part.at("note"), "not readable on CPU 3: why");
  const Json& none = document.at("variables").at(1);
  EXPECT_EQ(none.at("cpus").dump(), R"({"0":null,"3":null})");
  EXPECT_EQ(none.at("note"), "not readable: it has gone");
  for (const char* const key : {"sum", "gained", "rate", "max", "mean", "imbalance", "busiest"})
    EXPECT_TRUE(part.at(key).is_null() && none.at(key).is_null()) << key;

  // Read again: there is a sum, but nothing yet to compare with.
  update(document, after, look({41, 21, 2, 3}));
  EXPECT_EQ(document.at("variables").at(0).at("cpus").dump(), R"({"0":2,"3":null})");
  EXPECT_EQ(document.at("variables").at(0).at("sum"), 62);
  EXPECT_TRUE(document.at("variables").at(0).at("rate").is_null());
  EXPECT_EQ(document.at("variables").at(0).at("note"), "not readable on CPU 3: why");
  update(document, before, look({40, 30, 7, 7}));
  EXPECT_EQ(document, this->document({10, 20, 1, 2}, {40, 30, 7, 7}));
}

TEST_F(Rates, AllThatIsWrongIsNoted) {
  Look after = look({5, {}, 0, 0});
  after.unread[0] = "why";
  EXPECT_EQ(document(look({10, 20, 0, 0}), after).at("variables").at(0).at("note"),
            "not readable on CPU 3: why; reset? CPU 0");
}

TEST_F(Rates, OfflineCpusAreNotUneven) {
  cpus.resize(128);
  for (std::size_t i = 0; i < cpus.size(); ++i) cpus[i] = static_cast<std::uint32_t>(i);
  tracks.resize(1);
  tracks[0].cpus = {cpus.begin(), cpus.end()};
  Values before(cpus.size(), 1000);
  Values after = before;
  for (std::size_t i = 0; i < 4; ++i) after[i] = 1010;
  Look now = look(after);
  std::fill(now.online.begin() + 4, now.online.end(), false);
  const Json row = document(look(before), now).at("variables").at(0);
  EXPECT_EQ(row.at("imbalance"), 1.0);
  EXPECT_EQ(row.at("mean"), 20);
  EXPECT_EQ(row.at("max"), 20);
  EXPECT_EQ(row.at("rate"), 80);
  EXPECT_EQ(row.at("sum"), 128'040);
  EXPECT_EQ(row.at("cpus").at("127"), 0);
  // All would be.
  EXPECT_EQ(document(look(before), look(after)).at("variables").at(0).at("imbalance"), 32.0);
}

TEST_F(Rates, OfflineCpusStillCount) {
  Look after = look({10, 30, 0, 0});
  after.online = {true, false};
  const Json gone = document(look({10, 20, 0, 0}), after).at("variables").at(0);
  EXPECT_EQ(gone.at("gained"), 10);
  EXPECT_EQ(gone.at("mean"), 0);
  EXPECT_TRUE(gone.at("imbalance").is_null());
  after.online = {false, false};
  const Json all_gone = document(look({10, 20, 0, 0}), after).at("variables").at(0);
  EXPECT_EQ(all_gone.at("rate"), 20);
  for (const char* const key : {"max", "mean", "imbalance", "busiest"})
    EXPECT_TRUE(all_gone.at(key).is_null()) << key;
}

TEST_F(Rates, SumsOfSignedNumbersHaveTheirSign) {
  const auto minus = [](std::int64_t number) { return static_cast<std::uint64_t>(-number); };
  tracks[0].is_signed = true;
  const Json document = this->document({minus(10), 3, 0, 0}, {minus(5), 3, minus(3), 1});
  EXPECT_EQ(document.at("variables").at(0).at("sum").dump(), "-2");
  EXPECT_EQ(document.at("variables").at(0).at("gained"), 5);
  EXPECT_EQ(document.at("variables").at(1).at("sum").dump(), "4294967294");
  EXPECT_EQ(render_rates(document, RateView::sum, Numbers::exact),
            "after 1.500 s, over 0.500 s\n"
            "variable         sum  gained  per second  note\n"
            "a                 -2       5          10  -\n"
            "b.c       4294967294       -           -  the sum is -2 if it goes down, too; reset? "
            "CPU 0\n");
}

// As nr_uninterruptible: a task goes to sleep on one CPU and wakes up on another.
TEST_F(Rates, SumsAreModuloTheWidth) {
  const auto row = [&](std::uint64_t first, std::uint64_t second) {
    return this->document({0, 0, first, second}, {0, 0, first, second}).at("variables").at(1);
  };
  EXPECT_EQ(row(5, UINT32_MAX - 2).at("sum"), 2);
  EXPECT_TRUE(row(5, UINT32_MAX - 2).at("note").is_null());
  EXPECT_EQ(row(1, UINT32_MAX - 2).at("note"), "the sum is -2 if it goes down, too");
  // A large sum of small numbers is one.
  EXPECT_EQ(row(0x7fff'ffff, 1).at("sum"), 0x8000'0000U);
  EXPECT_TRUE(row(0x7fff'ffff, 1).at("note").is_null());
  tracks[1].is_signed = true;
  EXPECT_EQ(row(3, static_cast<std::uint64_t>(-5)).at("sum"), -2);
  EXPECT_EQ(row(0x7fff'ffff, 1).at("sum"), INT32_MIN);
  tracks[1] = {.name = "bits", .width = 3, .cpus = {0, 1}};
  EXPECT_EQ(row(5, 4).at("sum"), 1);
}

TEST_F(Rates, ViewsOfTheTable) {
  const Json document = this->document({10, 20, 0, 0}, {40, 30, 7, 7});
  const std::string head = "after 1.500 s, over 0.500 s\n";
  EXPECT_EQ(render_rates(document, RateView::all, Numbers::exact),
            head +
                "variable  cpu0/s  cpu3/s  sum  per second  max/mean  note\n"
                "a             60      20   70          80       1.5     -\n"
                "b.c           14      14   14          28       1.0     -\n");
  EXPECT_EQ(render_rates(document, RateView::sum, Numbers::exact),
            head +
                "variable  sum  gained  per second  note\n"
                "a          70      40          80     -\n"
                "b.c        14      14          28     -\n");
  EXPECT_EQ(render_rates(document, RateView::per_cpu, Numbers::exact),
            head +
                "variable  cpu0/s  cpu3/s  note\n"
                "a             60      20     -\n"
                "b.c           14      14     -\n");
  EXPECT_EQ(render_rates(document, RateView::skew, Numbers::exact),
            head +
                "variable  per second  max/s  mean/s  max/mean  busiest CPU  note\n"
                "a                 80     60      40       1.5            0     -\n"
                "b.c               28     14      14       1.0            0     -\n");
}

}  // namespace
}  // namespace percpu_scope::cli
