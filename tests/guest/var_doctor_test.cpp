// SPDX-License-Identifier: GPL-2.0-only
//
// VarDoctor: what pcpu doctor says of reading variables, where it works and where not.
#include <set>
#include <string>

#include "var_fixture.hpp"

namespace percpu_scope::guest {
namespace {

class VarDoctor : public VarTest {};

TEST_F(VarDoctor, FindsNothing) {
  const nlohmann::json document = VarDoctor::document({"doctor"});
  EXPECT_TRUE(document.at("good").get<bool>()) << document;
  std::set<std::string> checks;
  for (const nlohmann::json& check : document.at("checks")) {
    checks.insert(check.at("check"));
    if (!check.at("needed_for").is_null()) {
      EXPECT_EQ(check.at("state"), "ok") << check;
    }
  }
  EXPECT_TRUE(checks.contains("generic reading") && checks.contains("typed reading"));
}

TEST_F(VarDoctor, MissesWhatIsHidden) {
  const Outcome outcome = run({"-j", "doctor"}, [] { hide_directory("/sys/kernel/btf"); });
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  for (const nlohmann::json& check : parsed(outcome.out).at("checks"))
    if (check.at("check") == "kernel's BTF") {
      EXPECT_EQ(check.at("state"), "no") << check;
    }
}

}  // namespace
}  // namespace percpu_scope::guest
