// SPDX-License-Identifier: GPL-2.0-only
//
// The document of a per-CPU section.
#include "cli/var/layout.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace percpu_scope::cli {
namespace {

// Two variables in the first line, a hole of 100 bytes, one that straddles at 120.
MapFacts kernel() {
  return {.module = "vmlinux",
          .extents = {{"a", 0, 8}, {"b", 8, 12}, {"c", 120, 16}},
          .line_size = 64,
          .start = 0x1000,
          .end = 0x1100,
          .hot_start = {},
          .hot_end = {},
          .modules = {{"m", 0x1108, 16}},
          .areas = {{0, 0, 0x80000}, {1, 0, 0x20000 + 0x80000}, {3, 1, 0x40000 + 0x80000}},
          .no_areas = {}};
}

TEST(Layout, OfTheKernel) {
  const Json document = map_document(kernel(), false);
  EXPECT_EQ(document.at("variables"), 3);
  EXPECT_EQ(document.at("size"), 136);
  EXPECT_EQ(document.at("used"), 36);
  EXPECT_EQ(document.at("holes").dump(), R"([{"offset":20,"size":100,"before":"b","after":"c"}])");
  EXPECT_EQ(document.at("shared_lines").dump(),
            R"([{"offset":0,"count":2,"variables":["a","b"]}])");
  EXPECT_EQ(document.at("straddlers").dump(), R"(["c"])");
  EXPECT_TRUE(document.at("overlaps").empty());
}

TEST(Layout, SaysWhoLiesWhere) {
  const Json layout = map_document(kernel(), false).at("layout");
  ASSERT_EQ(layout.size(), 3U);
  EXPECT_EQ(layout.at(1).dump(), R"({"offset":8,"size":12,"variable":"b","line":0,)"
                                 R"("shares":true,"straddles":false})");
  EXPECT_EQ(layout.at(2).dump(), R"({"offset":120,"size":16,"variable":"c","line":1,)"
                                 R"("shares":false,"straddles":true})");
  EXPECT_NE(render_map(map_document(kernel(), false), MapView::whole, Numbers::exact)
                .find("offset  size  line  variable  notes\n"
                      "     0     8     0  a         shares\n"
                      "     8    12     0  b         shares\n"
                      "    20   100     -  -         hole\n"
                      "   120    16     1  c         straddles\n"),
            std::string::npos)
      << render_map(map_document(kernel(), false), MapView::whole, Numbers::exact);
}

TEST(Layout, AreasAreDistancesUnlessAskedFor) {
  EXPECT_EQ(map_document(kernel(), false).at("areas").at(1).dump(),
            R"({"cpu":1,"node":0,"delta":"0x0000000000020000"})");
  EXPECT_EQ(map_document(kernel(), true).at("areas").at(2).dump(),
            R"({"cpu":3,"node":1,"delta":"0x0000000000040000","raw":"0x00000000000c0000"})");
}

TEST(Layout, FirstChunkSaysWhereItKnowsFrom) {
  EXPECT_EQ(map_document(kernel(), false).at("first_chunk").dump(),
            R"([{"part":"static","start":0,"size":256,"source":"symbols"},)"
            R"({"part":"module reserve","start":256,"size":8192,"source":"inferred"},)"
            R"({"part":"  m","start":264,"size":16,"source":"symbols"},)"
            R"({"part":"dynamic, at most","start":8448,"size":122624,"source":"inferred"}])");
}

// From 6.15 on symbols mark the part in front of ..read_mostly.
TEST(Layout, FirstChunkWithAHotPart) {
  MapFacts facts = kernel();
  facts.extents = {{"pages", 0, 4096}, {"hot", 4096, 8}, {"rest", 4160, 8}};
  facts.end = *facts.start + 4168;
  facts.hot_start = *facts.start + 4096;
  facts.hot_end = *facts.start + 4104;
  const Json parts = map_document(facts, false).at("first_chunk");
  ASSERT_GE(parts.size(), 4U) << parts;
  EXPECT_EQ(parts.at(1).at("part"), "  ..page_aligned");
  EXPECT_EQ(parts.at(2).dump(), R"({"part":"  ..hot","start":4096,"size":8,"source":"symbols"})");
  EXPECT_EQ(parts.at(3).dump(), R"({"part":"  ..read_mostly to ..shared_aligned","start":4160,)"
                                R"("size":8,"source":"inferred"})");
}

TEST(Layout, SaysWhereCacheLinesAreCountedFrom) {
  EXPECT_EQ(map_document(kernel(), false).at("line_base"), "linker script");
  MapFacts facts = kernel();
  facts.module = "m";
  EXPECT_EQ(map_document(facts, false).at("line_base"), "symbols");
  facts.modules.clear();
  const Json document = map_document(facts, false);
  EXPECT_EQ(document.at("line_base"), "inferred");
  EXPECT_NE(render_map(document, MapView::whole, Numbers::exact)
                .find("64, the section's start inferred to be at one"),
            std::string::npos);
}

TEST(Layout, WithoutSymbolsAndAreas) {
  MapFacts facts = kernel();
  facts.start = facts.end = {};
  facts.modules.clear();
  facts.areas.clear();
  facts.no_areas = "not allowed";
  const Json document = map_document(facts, false);
  EXPECT_EQ(document.at("first_chunk").at(0).at("size"), 136);
  EXPECT_EQ(document.at("first_chunk").at(0).at("source"), "BTF");
  EXPECT_TRUE(document.at("first_chunk").back().at("size").is_null());
  EXPECT_NE(render_map(document, MapView::whole, Numbers::exact).find("not allowed"),
            std::string::npos);
}

TEST(Layout, OfAModuleThatBeginsWithinALine) {
  MapFacts facts = kernel();
  facts.module = "m";
  facts.modules = {{"m", 0x1000 + 56, 136}};
  const Json document = map_document(facts, false);
  // a ends with the first line, b begins the second; c begins the third.
  EXPECT_TRUE(document.at("shared_lines").empty()) << document;
  EXPECT_TRUE(document.at("straddlers").empty()) << document;
  EXPECT_EQ(document.at("holes").size(), 1U);
  EXPECT_TRUE(document.at("first_chunk").empty());
}

TEST(Layout, Tables) {
  const Json document = map_document(kernel(), false);
  EXPECT_EQ(render_map(document, MapView::lines, Numbers::exact),
            "offset  count  variables\n"
            "     0      2  a,b\n");
  EXPECT_EQ(render_map(document, MapView::holes, Numbers::exact),
            "offset  size  before  after\n"
            "    20   100  b       c\n");
  const std::string summary = render_map(document, MapView::whole, Numbers::exact);
  EXPECT_NE(summary.find("holes         1 of 100 bytes in all\n"), std::string::npos) << summary;
  EXPECT_NE(summary.find("inferred"), std::string::npos) << summary;
}

}  // namespace
}  // namespace percpu_scope::cli
