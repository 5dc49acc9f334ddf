// SPDX-License-Identifier: GPL-2.0-only
//
// The report's identity check, and its text.
#include "cli/proof/report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/module/documents.hpp"
#include "cli/proof/report_text.hpp"
#include "samples.hpp"

namespace percpu_scope::cli {
namespace {

const std::vector<Cpu> raw_cpus{{.number = 0, .offset = 0xffff'8880'0000'0000U},
                                {.number = 2, .offset = 0xffff'8880'0010'0000U}};

TEST(Identity, HoldsForRawAddressesThatWrap) {
  // A __percpu pointer above its copies, as on 6.1 where offsets are direct-map addresses.
  const std::uint64_t pointer = 0xffff'ffff'c000'0108U;
  const std::vector<Copy> copies{{.cpu = 0, .address = raw_cpus[0].offset + pointer},
                                 {.cpu = 2, .address = raw_cpus[1].offset + pointer}};
  const Json identity = identity_document(raw_cpus, copies, 64, pointer, Addresses::raw);
  EXPECT_EQ(identity.at("holds"), true);
  EXPECT_EQ(identity.at("checked"), "raw");
  EXPECT_EQ(identity.at("pointer"), "0xffffffffc0000108");
}

TEST(Identity, Wraps32BitWords) {
  EXPECT_EQ(percpu_pointer_from(0x1000, 0x2000, 32), 0xffff'f000U);
  EXPECT_EQ(percpu_pointer_from(0x1000, 0x2000, 64), 0xffff'ffff'ffff'f000U);
}

TEST(Identity, FailsForACopyInAnotherPlace) {
  std::vector<Copy> copies{{.cpu = 0, .address = 0}, {.cpu = 2, .address = 0x1000}};
  EXPECT_EQ(identity_document(samples::cpus(), copies, 64, 0, Addresses::relative).at("holds"),
            true);
  copies[1].address += 8;
  EXPECT_EQ(identity_document(samples::cpus(), copies, 64, 0, Addresses::relative).at("holds"),
            false);
}

TEST(Identity, FailsForMissingOrOtherCpus) {
  const std::vector<Copy> one{{.cpu = 0, .address = 0}};
  EXPECT_EQ(identity_document(samples::cpus(), one, 64, 0, Addresses::relative).at("holds"), false);
  const std::vector<Copy> other{{.cpu = 0, .address = 0}, {.cpu = 1, .address = 0x1000}};
  EXPECT_EQ(identity_document(samples::cpus(), other, 64, 0, Addresses::relative).at("holds"),
            false);
  EXPECT_EQ(identity_document({}, {}, 64, 0, Addresses::relative).at("holds"), false);
}

TEST(Identity, FailsForTheSamePointerThatIsNotTheCounters) {
  const std::vector<Copy> copies{{.cpu = 0, .address = raw_cpus[0].offset + 8},
                                 {.cpu = 2, .address = raw_cpus[1].offset + 8}};
  EXPECT_EQ(identity_document(raw_cpus, copies, 64, 16, Addresses::raw).at("holds"), false);
}

Json sample_report(const char* verdict) {
  const Snapshot snapshot(samples::record_words(CounterId{1}, 1, {0}, {1, 2}, {3}));
  Json counter = document_of(samples::plain());
  counter["fields"] =
      values_document(samples::plain(), snapshot.records()[0], samples::cpus()).at("fields");
  const std::vector<Copy> copies{{.cpu = 0, .address = 0}, {.cpu = 2, .address = 0x1000}};
  counter["identity"] = identity_document(samples::cpus(), copies, 64, 0, Addresses::relative);
  return Json{{"verdict", verdict},
              {"kernel", "6.1.0-test"},
              {"accelerator", nullptr},
              {"bits_per_long", 64},
              {"features", Json::array()},
              {"cpus", {{"possible", 2}, {"online", 1}}},
              {"offsets", document_of(samples::cpus(), {})},
              {"counters", Json::array({counter})},
              {"hammer", Json::array()},
              {"verify", Json::array()},
              {"notes", Json::array({"a note"})},
              {"failures", Json::array({"a failure"})}};
}

TEST(Report, TextTellsEverySection) {
  const std::string text = render_report(sample_report("test-failure"), Numbers::exact);
  for (const char* piece :
       {"6.1.0-test", "2 possible, 1 online", "not told", "0x0000000000001000", "of deltas",
        "DEFINE_PER_CPU", "plain    value       0     1     2    3", "not checked", "note: a note",
        "failure: a failure", "\nverdict: TEST-FAILURE; 0 of 0 hammer runs exact"})
    EXPECT_NE(text.find(piece), std::string::npos) << piece << "\nis not in\n" << text;
}

TEST(Report, VerdictIsTheDocuments) {
  EXPECT_TRUE(is_pass(sample_report("pass")));
  EXPECT_FALSE(is_pass(sample_report("test-failure")));
  EXPECT_NE(render_report(sample_report("pass"), Numbers::exact).find("\nverdict: pass;"),
            std::string::npos);
}

}  // namespace
}  // namespace percpu_scope::cli
