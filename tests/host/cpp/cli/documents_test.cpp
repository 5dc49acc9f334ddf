// SPDX-License-Identifier: GPL-2.0-only
//
// JSON documents: every number under its name.
#include "cli/module/documents.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/module/rate.hpp"
#include "cli/module/render.hpp"
#include "cli/module/results.hpp"
#include "samples.hpp"

namespace percpu_scope::cli {
namespace {

using std::chrono::seconds;

TEST(Documents, AddressesAreHexadecimalStrings) {
  EXPECT_EQ(hexadecimal(0), "0x0000000000000000");
  EXPECT_EQ(hexadecimal(UINT64_MAX), "0xffffffffffffffff");
}

TEST(Documents, Info) {
  const Json document =
      document_of(Info{.abi_version = 1,
                       .bits_per_long = 32,
                       .features = PERCPU_SCOPE_FEATURE_SYNCP | PERCPU_SCOPE_FEATURE_SMP,
                       .possible_cpus = 4,
                       .dynamic_bytes = 64,
                       .dynamic_bytes_max = 1 << 24,
                       .probes = 1,
                       .probes_max = 16,
                       .kinds = 9,
                       .release = "6.1.0"});
  EXPECT_EQ(document.at("kernel"), "6.1.0");
  EXPECT_EQ(document.at("bits_per_long"), 32);
  EXPECT_EQ(document.at("features"), (Json{"syncp", "smp"}));
  EXPECT_EQ(document.at("possible_cpus"), 4);
  EXPECT_EQ(document.at("dynamic_bytes"), 64);
  EXPECT_EQ(document.at("dynamic_bytes_max"), 1 << 24);
  EXPECT_EQ(document.at("probes"), 1);
  EXPECT_EQ(document.at("probes_max"), 16);
  EXPECT_EQ(document.at("kinds"), 9);
}

TEST(Documents, OffsetsShowRawOnlyWhenGiven) {
  const auto cpus = samples::cpus();
  const Json relative = document_of(cpus, {});
  EXPECT_EQ(relative.at(1).dump(),
            R"({"cpu":2,"node":1,"online":false,"delta":"0x0000000000001000"})");
  const Json raw = document_of(cpus, cpus);
  EXPECT_EQ(raw.at(1).at("raw"), "0x0000000000001000");
}

TEST(Documents, Counter) {
  const Json document = document_of(samples::stats());
  EXPECT_EQ(document.dump(),
            R"({"id":7,"name":"stats","origin":"static","variant":"DEFINE_PER_CPU",)"
            R"("storage":"u64_stats","size":16,"align":8,"pointer":"0x0000000000000040",)"
            R"("unskewed":true,"folds":false,"spoilt":false,"temporary":false,)"
            R"("fields":[{"name":"packets","weight":1,"bits":64},)"
            R"({"name":"bytes","weight":1500,"bits":64}]})");
  Counter shared = samples::plain();
  shared.flags = 0;
  EXPECT_TRUE(document_of(shared).at("pointer").is_null());
  Counter apart = samples::stats();
  apart.flags |= PERCPU_SCOPE_COUNTER_APART;
  apart.percpu_pointer = 0;
  EXPECT_TRUE(document_of(apart).at("pointer").is_null()) << "not that of the lowest counter";
  Counter temporary = samples::plain();
  temporary.flags |= PERCPU_SCOPE_COUNTER_TEMPORARY;
  EXPECT_EQ(document_of(temporary).at("temporary"), true);
}

TEST(Documents, Idiom) {
  const Json document = document_of(samples::sum_idiom());
  EXPECT_EQ(document.at("storages"), Json::array({"u64"}));
  EXPECT_EQ(document.at("conserved"), Json::array({"task", "hardirq"}));
  EXPECT_EQ(document.at("control"), false);
}

TEST(Documents, ContextsOfANewerModuleHaveItsNames) {
  const auto newer = static_cast<Context>(7);
  Idiom idiom = samples::sum_idiom();
  idiom.conserved.insert(newer);
  EXPECT_EQ(document_of(idiom).at("conserved"), (Json{"task", "hardirq", "context-7"}));
  const std::vector<ContextDescription> names{
      {.context = newer, .supported = true, .name = "guest"}};
  EXPECT_EQ(document_of(idiom, names).at("conserved"), (Json{"task", "hardirq", "guest"}));
  Tally tally;
  tally.by_context[0] = 1;
  EXPECT_EQ(document_of(tally).dump(), R"({"task":1,"softirq":0,"hardirq":0,"nmi":0})");
  tally.by_context[7] = 2;
  EXPECT_EQ(document_of(tally).at("context-7"), 2);
  EXPECT_EQ(tally.total(), 3U);
}

TEST(Documents, ValuesByCpuNumber) {
  const Snapshot snapshot(
      samples::record_words(CounterId{7}, 2, {0, 0}, {1, 1500, 2, 3000}, {3, 4500}));
  const Json document = values_document(samples::stats(), snapshot.records()[0], samples::cpus());
  EXPECT_EQ(document.at("fields").at(1).dump(),
            R"({"name":"bytes","shared":0,"cpus":{"0":1500,"2":3000},"sum":4500})");
  EXPECT_EQ(render_values(Json::array({document}), Numbers::exact),
            "counter  field    shared  cpu0  cpu2   sum  starved\n"
            "stats    packets       0     1     2     3        0\n"
            "stats    bytes         0  1500  3000  4500        0\n");
}

Hammering sample_hammering(Idiom idiom) {
  return {.counter = samples::plain(), .idiom = std::move(idiom), .cpus = {0, 2}};
}

HammerResult sample_result() {
  HammerResult result;
  result.jobs = {
      {.tally = {{1000, 0, 5, 0}}, .elapsed = seconds(1), .cpu = 0, .ipis = 4, .preemptions = 3},
      {.tally = {{3000, 0, 0, 0}}, .elapsed = seconds(1), .cpu = 2}};
  result.tally = {{4000, 0, 5, 0}};
  result.fields = {{.field = "value", .issued = 4005, .counted = 4000, .lost = 5}};
  return result;
}

TEST(Documents, Hammer) {
  const Json run = hammer_document(sample_hammering(samples::sum_idiom()), sample_result(), Info());
  EXPECT_EQ(run.at("tally").dump(), R"({"task":4000,"softirq":0,"hardirq":5,"nmi":0})");
  EXPECT_EQ(run.at("updates"), 4005);
  EXPECT_EQ(run.at("rate"), 2000);
  EXPECT_EQ(run.at("exact"), false);
  EXPECT_EQ(run.at("promised"), true);
  EXPECT_EQ(run.at("jobs").size(), 2U);
  EXPECT_EQ(run.at("jobs").at(0).at("ipis"), 4);
  EXPECT_EQ(run.at("jobs").at(0).at("irq_works"), 0);
  EXPECT_EQ(run.at("jobs").at(0).at("nested"), 0);
  EXPECT_EQ(run.at("jobs").at(0).at("migrations"), 0);
  EXPECT_EQ(run.at("jobs").at(0).at("preemptions"), 3);
  EXPECT_EQ(hammer_rows(Json::array({run})).at(0).at("lost"), 5);
}

TEST(Documents, HammerWithBottomHalvesOffIsPromisedMore) {
  Hammering hammering = sample_hammering(samples::sum_idiom());  // it conserves in hardirqs, too
  hammering.contexts = {Context::softirq, Context::hardirq};
  EXPECT_EQ(hammer_document(hammering, sample_result(), Info()).at("promised"), false);
  hammering.bh_off = true;
  const Json run = hammer_document(hammering, sample_result(), Info());
  EXPECT_EQ(run.at("promised"), true);
  EXPECT_EQ(run.at("bh_off"), true);
  Info rt;
  rt.features = PERCPU_SCOPE_FEATURE_RT;
  EXPECT_EQ(hammer_document(hammering, sample_result(), rt).at("promised"), false);
}

TEST(Documents, HammerOfPatternsShowsHalves) {
  HammerResult result = sample_result();
  result.fields = {
      {.field = "value", .issued = 0x2'0000'0002, .counted = 0x2'0000'0002, .lost = 0}};
  const Json run = hammer_document(sample_hammering(samples::pattern_idiom()), result, Info());
  EXPECT_EQ(run.at("fields").at(0).at("issued"), "0x0000000200000002");
  EXPECT_EQ(run.at("fields").at(0).at("lost"), 0);
  EXPECT_EQ(run.at("exact"), true);
}

TEST(Documents, HammerText) {
  const Json run = hammer_document(sample_hammering(samples::sum_idiom()), sample_result(), Info());
  const std::string text =
      render_hammer(Json{{"runs", Json::array({run})}, {"conserved", false}, {"interrupted", true}},
                    Numbers::exact);
  EXPECT_NE(text.find("interrupted; NOT CONSERVED in some of 1 run\n"), std::string::npos) << text;
}

Snapshot plain_snapshot(std::uint64_t value, std::uint32_t starved = 0) {
  return Snapshot(samples::record_words(CounterId{1}, 1, {0}, {value, 0}, {value}, starved));
}

Json watched(std::uint64_t before, std::uint64_t after, std::chrono::nanoseconds interval) {
  const std::vector<Counter> counters{samples::plain()};
  return watch_document(counters, plain_snapshot(before), plain_snapshot(after), interval,
                        seconds(9))
      .at("fields")
      .at(0);
}

TEST(Watch, RatesComeFromMeasuredTime) {
  const Json field = watched(100, 600, std::chrono::milliseconds(250));
  EXPECT_EQ(field.at("gained"), 500);
  EXPECT_EQ(field.at("rate"), 2000);
  EXPECT_TRUE(field.at("note").is_null());
}

TEST(Watch, WrapsModulo64Bits) {
  const Json field = watched(UINT64_MAX - 9, 10, seconds(2));
  EXPECT_EQ(field.at("gained"), 20);
  EXPECT_EQ(field.at("rate"), 10);
}

TEST(Watch, ADecreaseIsNoRate) {
  const Json field = watched(600, 100, seconds(1));
  EXPECT_TRUE(field.at("gained").is_null());
  EXPECT_TRUE(field.at("rate").is_null());
  EXPECT_EQ(field.at("note"), "reset?");
}

TEST(Watch, StarvedReadingsSaySo) {
  const std::vector<Counter> counters{samples::plain()};
  for (const auto& [before, after] : {std::pair{0U, 2U}, std::pair{2U, 0U}, std::pair{2U, 1U}}) {
    const Json document = watch_document(counters, plain_snapshot(5, before),
                                         plain_snapshot(3, after), seconds(1), seconds(1));
    EXPECT_EQ(document.at("fields").at(0).at("note"), "2 starved");
  }
}

TEST(Watch, NoTimeIsNoRate) { EXPECT_EQ(watched(0, 5, seconds(0)).at("rate"), 0); }

// Of what is no counter: a gain of almost 2^63 in a tenth of a second.
TEST(Rate, IsNoRubbishWhereItFitsInNoNumber) {
  using std::chrono::milliseconds;
  EXPECT_EQ(per_second(UINT64_MAX / 2, milliseconds(100)), UINT64_MAX);
  EXPECT_EQ(per_second(UINT64_MAX, std::chrono::nanoseconds(1)), UINT64_MAX);
  EXPECT_EQ(per_second(1000, milliseconds(100)), 10000U);
  EXPECT_EQ(per_second(1000, milliseconds(0)), 0U);
}

}  // namespace
}  // namespace percpu_scope::cli
