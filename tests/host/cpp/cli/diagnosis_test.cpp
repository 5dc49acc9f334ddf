// SPDX-License-Identifier: GPL-2.0-only
//
// What the doctor makes of what was found.
#include "cli/doctor/diagnosis.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace percpu_scope::cli {
namespace {

const Attempt works{.works = true, .detail = "seen", .remedy = {}};
const Attempt fails{.works = false, .detail = "refused", .remedy = "mend it"};

DoctorFacts healthy() {
  return {.kernel = "6.1.0",
          .device = works,
          .debugfs = works,
          .kernel_btf = works,
          .broken_btf = {},
          .no_btf = {},
          .kptr_restrict = 1,
          .kallsyms = works,
          .unprivileged_bpf_disabled = 2,
          .capabilities = UINT64_MAX,
          .lockdown = "[none] integrity confidentiality",
          .generic = works,
          .typed = works,
          .kprobes = true};
}

Json row(const Json& document, const std::string& name) {
  for (const Json& check : document.at("checks"))
    if (check.at("check") == name) return check;
  throw std::runtime_error("no check " + name);
}

TEST(Doctor, FindsNothingWhereAllWorks) {
  const Json document = diagnose(healthy());
  EXPECT_TRUE(document.at("good").get<bool>());
  EXPECT_EQ(document.at("kernel"), "6.1.0");
  for (const Json& check : document.at("checks")) {
    EXPECT_EQ(check.at("state"), "ok") << check;
    EXPECT_TRUE(check.at("remedy").is_null()) << check;
  }
}

struct Ailment {
  const char* check;
  void (*strike)(DoctorFacts&);
  const char* state;
  bool good;
  const char* remedy;  // part of it; null: none
};

class Ailments : public testing::TestWithParam<Ailment> {};

TEST_P(Ailments, AreFound) {
  const Ailment& ailment = GetParam();
  DoctorFacts facts = healthy();
  ailment.strike(facts);
  const Json document = diagnose(facts);
  const Json check = row(document, ailment.check);
  EXPECT_EQ(check.at("state"), ailment.state);
  EXPECT_EQ(document.at("good"), ailment.good);
  if (ailment.remedy == nullptr)
    EXPECT_TRUE(check.at("remedy").is_null()) << check;
  else
    EXPECT_NE(check.at("remedy").get<std::string>().find(ailment.remedy), std::string::npos)
        << check;
}

INSTANTIATE_TEST_SUITE_P(
    All, Ailments,
    testing::Values(
        Ailment{"module", [](DoctorFacts& facts) { facts.device = fails; }, "no", false, "mend it"},
        Ailment{"debugfs", [](DoctorFacts& facts) { facts.debugfs = fails; }, "no", true,
                "mend it"},
        Ailment{"kernel's BTF", [](DoctorFacts& facts) { facts.kernel_btf = fails; }, "no", false,
                "mend it"},
        Ailment{"modules' BTF", [](DoctorFacts& facts) { facts.kernel_btf = fails; }, "unknown",
                false, nullptr},
        Ailment{"modules' BTF", [](DoctorFacts& facts) { facts.broken_btf = {"x"}; }, "no", true,
                "rebuild"},
        Ailment{"modules' BTF", [](DoctorFacts& facts) { facts.no_btf = {"y"}; }, "no", true,
                "rebuild"},
        Ailment{"kptr_restrict", [](DoctorFacts& facts) { facts.kptr_restrict = 2; }, "no", true,
                "sysctl kernel.kptr_restrict=1"},
        Ailment{"kptr_restrict", [](DoctorFacts& facts) { facts.kptr_restrict = {}; }, "unknown",
                true, nullptr},
        Ailment{"kallsyms", [](DoctorFacts& facts) { facts.kallsyms = fails; }, "no", true,
                "mend it"},
        Ailment{"BPF privileges", [](DoctorFacts& facts) { facts.capabilities = 0; }, "no", true,
                "cap_bpf,cap_perfmon,cap_syslog"},
        Ailment{"BPF privileges", [](DoctorFacts& facts) { facts.capabilities = {}; }, "unknown",
                true, nullptr},
        Ailment{"unprivileged BPF",
                [](DoctorFacts& facts) { facts.unprivileged_bpf_disabled = {}; }, "unknown", true,
                nullptr},
        Ailment{"lockdown",
                [](DoctorFacts& facts) { facts.lockdown = "none integrity [confidentiality]"; },
                "no", true, "without lockdown"},
        Ailment{"lockdown", [](DoctorFacts& facts) { facts.lockdown = "none [integrity] x"; }, "ok",
                true, nullptr},
        Ailment{"lockdown", [](DoctorFacts& facts) { facts.lockdown = "]["; }, "unknown", true,
                nullptr},
        Ailment{"lockdown", [](DoctorFacts& facts) { facts.lockdown = {}; }, "unknown", true,
                nullptr},
        Ailment{"generic reading", [](DoctorFacts& facts) { facts.generic = fails; }, "no", true,
                "mend it"},
        Ailment{"reading variables", [](DoctorFacts& facts) { facts.generic = fails; }, "ok", true,
                nullptr},
        Ailment{"reading variables",
                [](DoctorFacts& facts) { facts.generic = facts.typed = fails; }, "no", false,
                "mend it"},
        Ailment{"kprobes", [](DoctorFacts& facts) { facts.kprobes = false; }, "no", true,
                "CONFIG_KPROBES"},
        Ailment{"kprobes", [](DoctorFacts& facts) { facts.kprobes = {}; }, "unknown", true,
                "mount -t debugfs"}));

TEST(Doctor, NamesTheCapabilitiesThatLack) {
  DoctorFacts facts = healthy();
  facts.capabilities = std::uint64_t{1} << 39 | std::uint64_t{1} << 34;  // BPF, SYSLOG
  EXPECT_EQ(row(diagnose(facts), "BPF privileges").at("detail"), "lacks CAP_PERFMON");
  facts.capabilities = std::uint64_t{1} << 21 | std::uint64_t{1} << 34;  // SYS_ADMIN, SYSLOG
  EXPECT_EQ(row(diagnose(facts), "BPF privileges").at("state"), "ok");
}

TEST(Doctor, SaysItInTheEnd) {
  DoctorFacts facts = healthy();
  const auto says = [&](const std::string& words) {
    return render_diagnosis(diagnose(facts), Numbers::exact).find(words) != std::string::npos;
  };
  EXPECT_TRUE(says("counters work; variables (pcpu var) work\n"));
  facts.device = fails;
  EXPECT_TRUE(says("counters DO NOT WORK; variables (pcpu var) work\n"));
  EXPECT_TRUE(says("mend it"));
  facts.generic = facts.typed = fails;
  EXPECT_TRUE(says("counters DO NOT WORK; variables (pcpu var) DO NOT WORK\n"));
  facts.device = works;
  EXPECT_TRUE(says("counters work; variables (pcpu var) DO NOT WORK\n"));
}

bool has_row(const Json& document, const std::string& name) {
  for (const Json& check : document.at("checks"))
    if (check.at("check") == name) return true;
  return false;
}

// pcpu var needs no module.
TEST(Doctor, JudgesOneHalf) {
  DoctorFacts facts = healthy();
  facts.device = fails;
  EXPECT_FALSE(diagnose(facts).at("good").get<bool>());
  EXPECT_FALSE(diagnose(facts, Half::counters).at("good").get<bool>());
  const Json variables = diagnose(facts, Half::variables);
  EXPECT_TRUE(variables.at("good").get<bool>());
  EXPECT_TRUE(variables.at("counters").is_null()) << "not asked about";
  EXPECT_TRUE(variables.at("variables").get<bool>());
  EXPECT_FALSE(has_row(variables, "module"));
  EXPECT_TRUE(has_row(variables, "reading variables"));
  const std::string text = render_diagnosis(variables, Numbers::exact);
  EXPECT_NE(text.find("\nvariables (pcpu var) work\n"), std::string::npos) << text;

  facts = healthy();
  facts.kernel_btf = facts.generic = facts.typed = fails;
  const Json counters = diagnose(facts, Half::counters);
  EXPECT_TRUE(counters.at("good").get<bool>());
  EXPECT_TRUE(has_row(counters, "module"));
  EXPECT_FALSE(has_row(counters, "kernel's BTF"));
  EXPECT_FALSE(diagnose(facts, Half::variables).at("good").get<bool>());
}

}  // namespace
}  // namespace percpu_scope::cli
