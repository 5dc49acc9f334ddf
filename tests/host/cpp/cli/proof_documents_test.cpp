// SPDX-License-Identifier: GPL-2.0-only
//
// Documents and texts of controls, torture and promises.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/proof/control_documents.hpp"
#include "cli/proof/promise_documents.hpp"
#include "cli/proof/torture_documents.hpp"
#include "samples.hpp"

namespace percpu_scope::cli {
namespace {

using namespace std::chrono_literals;

Json control(Outcome outcome) {
  return control_document(find_scenario("read_write"), {.outcome = outcome});
}

Json document_of_one(const ControlResult& result) {
  return controls_document(Json::array({control_document(find_scenario("read_write"), result)}), 1,
                           false);
}

TEST(ControlDocument, TellsWhatWasSeenAndBeside) {
  const ControlResult result{
      .outcome = Outcome::caught,
      .attempts = 1,
      .numbers = {.issued = 1100, .interfering = 100, .lost = 98},
      .right_way = ControlNumbers{.issued = 1100, .interfering = 100, .lost = 0}};
  const Json document = document_of_one(result);
  EXPECT_EQ(document.at("controls")[0].at("observed"),
            "lost 98 of 100 interruptions (98.0 %), 1100 updates");
  const std::string text = render_controls(document, Numbers::exact);
  EXPECT_NE(text.find("this_cpu_inc: lost 0"), std::string::npos) << text;
  EXPECT_NE(text.find("1 caught, 0 not applicable here, 0 not as it must be"), std::string::npos);
}

TEST(ControlDocument, NotCaughtIsInconclusive) {
  const std::string text =
      render_controls(document_of_one({.outcome = Outcome::not_caught}), Numbers::exact);
  EXPECT_NE(text.find("INCONCLUSIVE: 0 caught"), std::string::npos) << text;
}

// The report's failures and the exit code of pcpu control run are made of these.
TEST(ControlDocument, WhatIsNotCaughtFailsReportAndRun) {
  EXPECT_EQ(failure_of_control(control(Outcome::not_caught)), "control read_write: INCONCLUSIVE");
  EXPECT_NE(failure_of_control(control(Outcome::right_way_lost)), "");
  EXPECT_NE(failure_of_control(control(Outcome::interrupted)), "");
  EXPECT_EQ(failure_of_control(control(Outcome::caught)), "");
  EXPECT_EQ(failure_of_control(control(Outcome::not_applicable)), "");
  const auto run_of = [](std::initializer_list<Outcome> outcomes, std::size_t wanted) {
    Json controls = Json::array();
    for (const Outcome outcome : outcomes) controls.push_back(control(outcome));
    return controls_document(std::move(controls), wanted, false).at("good").get<bool>();
  };
  EXPECT_TRUE(run_of({Outcome::caught, Outcome::not_applicable}, 2));
  EXPECT_FALSE(run_of({Outcome::caught, Outcome::not_caught}, 2));
  EXPECT_FALSE(run_of({Outcome::not_caught, Outcome::caught}, 2));
  EXPECT_FALSE(run_of({Outcome::caught}, 2)) << "one has not run";
}

TEST(ControlDocument, SaysWhyNotHere) {
  const Json document = control_document(
      find_scenario("no_syncp"), {.outcome = Outcome::not_applicable, .why = "a 64-bit kernel"});
  EXPECT_EQ(document.at("observed"), "a 64-bit kernel");
  EXPECT_TRUE(document.at("numbers").is_null());
}

TEST(TortureText, EndsWithTheVerdict) {
  TortureResult result{.seed = 42, .workers = 4};
  result.totals.tally.by_context = {1000, 20, 30, 4};
  result.totals.jobs = 9;
  result.elapsed = 2500ms;
  const std::string good = render_torture(torture_document(result), Numbers::exact);
  EXPECT_NE(good.find("pcpu-torture: SUCCESS: seed 42, 4 workers, 2.5 s: 9 jobs, 1054 updates, "
                      "50 interrupts, 4 NMIs"),
            std::string::npos)
      << good;
  result.failures.push_back({.message = "lost 1", .replay = "pcpu torture --seed 42"});
  const std::string bad = render_torture(torture_document(result), Numbers::exact);
  EXPECT_NE(bad.find("replay: pcpu torture --seed 42"), std::string::npos) << bad;
  EXPECT_NE(bad.find("pcpu-torture: FAILURE"), std::string::npos) << bad;
}

TEST(Promises, AsATable) {
  Info info;
  const std::vector<Idiom> idioms{samples::sum_idiom(), samples::control_idiom()};
  const Json document{
      {"machine", "x86_64"}, {"kernel", "6.1"}, {"rows", promise_rows(idioms, info)}};
  const std::string text = render_promises(document);
  EXPECT_NE(text.find("| `inc` | `this_cpu_inc(*p)` | ✓ | – | ✓ |   | ✓ | ✓ |"), std::string::npos)
      << text;
  EXPECT_EQ(text.find("broken"), std::string::npos) << "controls are no choice";
  info.features = PERCPU_SCOPE_FEATURE_NMI;
  EXPECT_EQ(promise_of(samples::sum_idiom(), Context::nmi, info), Promise::refused);
}

}  // namespace
}  // namespace percpu_scope::cli
