// SPDX-License-Identifier: GPL-2.0-only
//
// Gains modulo a type's width, rates, and how even CPUs are.
#include "cli/rates.hpp"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

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

class Rates : public testing::Test {
 public:
  [[nodiscard]] Json document(const Look& before, const Look& after) const {
    Json document;
    update_rates(document, tracks, cpus, before, after, milliseconds(500), milliseconds(1500));
    return document;
  }

  std::array<Track, 2> tracks{Track{"a", 64}, Track{"b.c", 32}};
  std::array<std::uint32_t, 2> cpus{0, 3};
};

TEST_F(Rates, OfMeasuredTime) {
  const Json document = this->document({{10, 20, 0, 0}}, {{40, 30, 7, 7}});
  EXPECT_EQ(document.at("time_ns"), 1'500'000'000U);
  EXPECT_EQ(document.at("interval_ns"), 500'000'000U);
  EXPECT_EQ(document.at("variables").at(0).dump(),
            R"({"variable":"a","cpus":{"0":60,"3":20},"sum":70,"gained":40,"rate":80,)"
            R"("max":60,"mean":40,"imbalance":1.5,"busiest":0,"note":null})");
  EXPECT_EQ(document.at("variables").at(1).at("imbalance"), 1.0);
}

TEST_F(Rates, OfADecreaseAreNone) {
  const Json document = this->document({{10, 20, 5, UINT32_MAX}}, {{5, 30, 5, 1}});
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
  Json document = this->document({{10, 20, 5, 6}}, {{5, 30, 5, 6}});
  update_rates(document, tracks, cpus, {{10, 20, 0, 0}}, {{40, 30, 7, 7}}, milliseconds(500),
               milliseconds(1500));
  EXPECT_EQ(document, this->document({{10, 20, 0, 0}}, {{40, 30, 7, 7}}));
}

TEST_F(Rates, OfWhatStandsStillAreZero) {
  const Json document = this->document({{1, 2, 3, 4}}, {{1, 2, 3, 4}});
  EXPECT_EQ(document.at("variables").at(0).at("rate"), 0);
  EXPECT_TRUE(document.at("variables").at(0).at("imbalance").is_null());
}

TEST_F(Rates, ViewsOfTheTable) {
  const Json document = this->document({{10, 20, 0, 0}}, {{40, 30, 7, 7}});
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
