// SPDX-License-Identifier: GPL-2.0-only
//
// InspectTyped: programs of typed loads that the verifier refuses.
#include <gtest/gtest.h>

#include <string>

#include "inspect/catalogue/catalogue.hpp"
#include "inspect/error.hpp"
#include "inspect/read/typed_program.hpp"
#include "support/support.hpp"

namespace percpu_scope::guest {
namespace {

// Of a large struct the verifier's log is larger than any buffer that one would think of;
// up to 6.3 it gave an error of its own then, in place of the reason.
TEST(InspectTyped, WhyALongProgramIsRefusedIsTold) {
  if (const std::string why = why_unreadable(); !why.empty()) GTEST_SKIP() << why;
  const inspect::Catalogue catalogue = inspect::Catalogue::load();
  const inspect::Variable& variable = catalogue.find("runqueues", "vmlinux");
  inspect::TypedItem item{
      .var = variable.var, .loads = {}, .start = 0, .room = (variable.size + 23) / 8 * 8};
  constexpr int times = 10;  // each, for a log of a MiB
  for (const inspect::Load& load :
       inspect::plan_loads(*variable.btf, variable.type, 0, variable.size).loads)
    item.loads.insert(item.loads.end(), times, load);
  const inspect::TypedProgram sound(0, {&item, 1}, 1);
  // Behind its end.
  item.loads.push_back({static_cast<std::uint32_t>((variable.size + 7) / 8 * 8), 8});
  try {
    const inspect::TypedProgram refused(0, {&item, 1}, 1);
    FAIL() << "the verifier took a load beyond the end";
  } catch (const inspect::InspectError& error) {
    const std::string told = error.what();
    EXPECT_EQ(error.problem(), inspect::Problem::unsupported) << told;
    EXPECT_NE(told.find("beyond"), std::string::npos) << told;
    EXPECT_EQ(told.find("No space"), std::string::npos) << told;
  }
}

}  // namespace
}  // namespace percpu_scope::guest
