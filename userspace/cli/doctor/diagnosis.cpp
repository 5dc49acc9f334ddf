// SPDX-License-Identifier: GPL-2.0-only
//
// Each check, and what follows from all of them.
#include "cli/doctor/diagnosis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "inspect/kernel/privileges.hpp"

namespace percpu_scope::cli {
namespace {

// What of pcpu does not work without it: the module's counters, or any variable.
enum class Need { counters, variables, optional };

struct Check {
  std::string_view name;
  Need need;
  Health health;
  std::string detail;
  std::string remedy;
};

// Of the module, or of looking into the kernel.
struct HalfOfChecks {
  Half half;
  std::vector<Check> checks;
};

Json document_of(Need need) {
  switch (need) {
    case Need::counters:
      return "counters";
    case Need::variables:
      return "variables";
    case Need::optional:
      break;
  }
  return {};
}

Health health_of(bool works) { return works ? Health::ok : Health::no; }

Check check_attempt(std::string_view name, Need need, const Attempt& attempt) {
  return {name, need, health_of(attempt.works), attempt.detail,
          attempt.works ? std::string{} : attempt.remedy};
}

Check check_module_btf(const DoctorFacts& facts) {
  if (!facts.kernel_btf.works)
    return {"modules' BTF", Need::optional, Health::unknown, "needs the kernel's", {}};
  if (facts.broken_btf.empty() && facts.no_btf.empty())
    return {"modules' BTF", Need::optional, Health::ok, "all modules' can be read", {}};
  std::string detail;
  if (!facts.broken_btf.empty())
    detail = fmt::format("cannot be read: {}", fmt::join(facts.broken_btf, ", "));
  if (!facts.no_btf.empty())
    detail += fmt::format("{}without BTF, and so unknown to pcpu var: {}",
                          detail.empty() ? "" : "; ", fmt::join(facts.no_btf, ", "));
  return {"modules' BTF", Need::optional, Health::no, detail,
          "rebuild these modules with BTF that is split from this very kernel's"};
}

Check check_kptr_restrict(const DoctorFacts& facts) {
  constexpr std::string_view name = "kptr_restrict";
  if (!facts.kptr_restrict)
    return {
        name, Need::optional, Health::unknown, "/proc/sys/kernel/kptr_restrict is not there", {}};
  const std::string detail = fmt::format("is {}", *facts.kptr_restrict);
  // What counts is whether addresses show, which is tried for itself.
  if (*facts.kptr_restrict < 2) return {name, Need::optional, Health::ok, detail, {}};
  return {name, Need::optional, Health::no, detail + ": hides addresses from everyone",
          "sysctl kernel.kptr_restrict=1"};
}

// What they are worth shows where reading is tried: not every way takes all of them.
Check check_privileges(const DoctorFacts& facts) {
  constexpr std::string_view name = "BPF privileges";
  if (!facts.capabilities)
    return {name, Need::optional, Health::unknown, "/proc/self/status does not tell", {}};
  const auto has = [&facts](unsigned capability) {
    return inspect::has_capability(*facts.capabilities, capability);
  };
  std::vector<std::string_view> missing;
  if (!has(CAP_SYS_ADMIN)) {
    if (!has(CAP_BPF)) missing.emplace_back("CAP_BPF");
    if (!has(CAP_PERFMON)) missing.emplace_back("CAP_PERFMON");
  }
  if (!has(CAP_SYSLOG)) missing.emplace_back("CAP_SYSLOG");
  if (missing.empty()) return {name, Need::optional, Health::ok, "all that reading takes", {}};
  return {name, Need::optional, Health::no, fmt::format("lacks {}", fmt::join(missing, ", ")),
          "run as root, or give these: setcap cap_bpf,cap_perfmon,cap_syslog+ep pcpu"};
}

// Reading needs privileges whatever this says: its programs probe kernel memory.
Check check_unprivileged_bpf(const DoctorFacts& facts) {
  constexpr std::string_view name = "unprivileged BPF";
  if (!facts.unprivileged_bpf_disabled)
    return {name,
            Need::optional,
            Health::unknown,
            "/proc/sys/kernel/unprivileged_bpf_disabled is not there: no bpf(2)?",
            {}};
  constexpr std::array<std::string_view, 3> meanings{"allowed", "disabled until reboot",
                                                     "disabled"};
  const std::uint64_t value = *facts.unprivileged_bpf_disabled;
  return {name,
          Need::optional,
          value < meanings.size() ? Health::ok : Health::unknown,
          fmt::format("is {}; pcpu does not need it",
                      value < meanings.size() ? meanings[value] : std::to_string(value)),
          {}};
}

Check check_lockdown(const DoctorFacts& facts) {
  constexpr std::string_view name = "lockdown";
  if (!facts.lockdown)
    return {name,
            Need::optional,
            Health::unknown,
            "/sys/kernel/security/lockdown is not there: not built in, or securityfs not mounted",
            {}};
  const std::optional<std::string> state = inspect::lockdown_state(*facts.lockdown);
  if (!state)
    return {name, Need::optional, Health::unknown, "cannot be understood: " + *facts.lockdown, {}};
  if (*state != "confidentiality") return {name, Need::optional, Health::ok, "is " + *state, {}};
  return {
      name, Need::optional, Health::no,
      "is confidentiality: no probe reads, so variables are read typed and no pointer is followed",
      "boot without lockdown=confidentiality"};
}

Check check_kprobes(const DoctorFacts& facts) {
  constexpr std::string_view name = "kprobes";
  constexpr std::string_view use = "for count-calls and injected controls";
  if (!facts.kprobes)
    return {name, Need::optional, Health::unknown, "debugfs does not tell",
            "mount -t debugfs none /sys/kernel/debug"};
  if (*facts.kprobes) return {name, Need::optional, Health::ok, std::string(use), {}};
  return {name, Need::optional, Health::no, fmt::format("off; needed {}", use),
          "echo 1 > /sys/kernel/debug/kprobes/enabled, or a kernel with CONFIG_KPROBES"};
}

// One way to read is enough.
Check check_reading(const DoctorFacts& facts) {
  const bool works = facts.generic.works || facts.typed.works;
  return {"reading variables", Need::variables, health_of(works),
          works ? (facts.generic.works ? "generic" : "typed, as the fallback") : "in no way",
          works ? std::string{} : facts.generic.remedy};
}

}  // namespace

std::string_view to_string(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::no:
      return "no";
    case Health::unknown:
      return "unknown";
  }
  return "?";
}

Json diagnose(const DoctorFacts& facts, Half half) {
  const std::array halves{
      HalfOfChecks{Half::counters,
                   {check_attempt("module", Need::counters, facts.device),
                    check_attempt("debugfs", Need::optional, facts.debugfs), check_kprobes(facts)}},
      HalfOfChecks{
          Half::variables,
          {check_attempt("kernel's BTF", Need::variables, facts.kernel_btf),
           check_module_btf(facts), check_kptr_restrict(facts),
           check_attempt("kallsyms", Need::optional, facts.kallsyms), check_privileges(facts),
           check_unprivileged_bpf(facts), check_lockdown(facts),
           check_attempt("generic reading", Need::optional, facts.generic),
           check_attempt("typed reading", Need::optional, facts.typed), check_reading(facts)}}};
  const auto is_asked = [half](Half one) { return half == Half::both || half == one; };
  Json rows = Json::array();
  bool counters = true;
  bool variables = true;
  for (const HalfOfChecks& one : halves) {
    if (!is_asked(one.half)) continue;
    for (const Check& check : one.checks) {
      // What is not known is not broken: what depends on it is tried for itself.
      const bool broken = check.health == Health::no;
      counters = counters && !(broken && check.need == Need::counters);
      variables = variables && !(broken && check.need == Need::variables);
      rows.push_back({{"check", check.name},
                      {"state", to_string(check.health)},
                      {"needed_for", document_of(check.need)},
                      {"detail", check.detail},
                      {"remedy", check.remedy.empty() ? Json() : Json(check.remedy)}});
    }
  }
  return Json{{"kernel", facts.kernel},
              {"checks", std::move(rows)},
              {"counters", is_asked(Half::counters) ? Json(counters) : Json()},
              {"variables", is_asked(Half::variables) ? Json(variables) : Json()},
              {"good", counters && variables}};
}

std::string render_diagnosis(const Json& document, Numbers numbers) {
  static const std::array columns{Column{"check"}, Column{"state"},
                                  Column{"needed_for", "needed for"}, Column{"detail"},
                                  Column{"remedy"}};
  std::string verdict;
  const auto add = [&](const char* what, const char* key) {
    const Json& works = document.at(key);
    if (works.is_null()) return;
    verdict += fmt::format("{}{} {}", verdict.empty() ? "" : "; ", what,
                           works.get<bool>() ? "work" : "DO NOT WORK");
  };
  add("the module's counters", "counters");
  add("variables (pcpu var)", "variables");
  return fmt::format("Linux {}\n", document.at("kernel").get<std::string>()) +
         render_table(document.at("checks"), columns, numbers) + verdict + '\n';
}

}  // namespace percpu_scope::cli
