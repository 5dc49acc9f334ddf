// SPDX-License-Identifier: GPL-2.0-only
//
// VarDoctor: what pcpu doctor says of reading variables, where it works and where not.
#include <algorithm>
#include <set>
#include <string>

#include "var/var_fixture.hpp"

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
  const Ended outcome = run({"-j", "doctor"}, [] { hide_directory("/sys/kernel/btf"); });
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  const nlohmann::json document = parsed(outcome.out);
  const nlohmann::json& checks = document.at("checks");
  const auto types = std::find_if(checks.begin(), checks.end(), [](const nlohmann::json& check) {
    return check.at("check") == "kernel's BTF";
  });
  ASSERT_NE(types, checks.end()) << document;
  EXPECT_EQ(types->at("state"), "no") << *types;
}

// The module is there, and can be used whatever is known of the kernel.
TEST_F(VarDoctor, JudgesOneHalf) {
  const auto hide_types = [] { hide_directory("/sys/kernel/btf"); };
  EXPECT_EQ(run({"doctor", "counters"}, hide_types).status, 0);
  EXPECT_EQ(run({"doctor", "var"}, hide_types).status, 1);
  const std::string none = "/dev/no-such-device";
  EXPECT_EQ(run({"--device", none, "doctor"}).status, 1);
  EXPECT_EQ(run({"--device", none, "doctor", "counters"}).status, 1);
  EXPECT_EQ(run({"--device", none, "doctor", "var"}).status, 0);
}

}  // namespace
}  // namespace percpu_scope::guest
