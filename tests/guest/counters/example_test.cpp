// SPDX-License-Identifier: GPL-2.0-only
//
// The example of the C++ API in docs/library.md is this code. Nothing else.
#include <gtest/gtest.h>

#include "percpu_scope/prove/all.hpp"

namespace {

TEST(Example, OfTheDocumentation) {
  // [docs
  using namespace percpu_scope;

  const Device device(Access::read_write);
  const auto counters = device.counters();
  const auto idioms = device.idioms();
  const HammerResult result = hammer_on_cpus(device, {.counter = find_counter(counters, "stats"),
                                                      .idiom = find_idiom(idioms, "u64_stats_inc"),
                                                      .cpus = {0},  // a pinned thread for each
                                                      .updates = 1'000'000});
  for (const Conservation& field : result.fields)
    EXPECT_EQ(field.issued, field.counted) << field.field;
  // docs]
  EXPECT_EQ(result.fields.size(), 4U);
  EXPECT_EQ(result.tally[Context::task], 1'000'000U);
}

}  // namespace
