// SPDX-License-Identifier: GPL-2.0-only
//
// Gathering the report: offsets, identity, hammer, values, tear checks.
#include "cli/proof/report.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/module/documents.hpp"
#include "cli/module/results.hpp"
#include "cli/module/selection.hpp"
#include "cli/proof/control_documents.hpp"
#include "cli/proof/this_machine.hpp"
#include "percpu_scope/prove/hammer.hpp"
#include "percpu_scope/prove/usable_cpus.hpp"

namespace percpu_scope::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// All of the hammer together: shared by the pairs, so that more idioms or
// counters make each shorter and not the report longer.
constexpr nanoseconds hammer_budget = std::chrono::seconds(3);
constexpr nanoseconds hammer_longest = milliseconds(150);
constexpr nanoseconds hammer_shortest = milliseconds(20);
// More than any kernel does in the time; the time ends the job.
constexpr std::uint64_t endless = std::uint64_t{1} << 40;

constexpr std::uint64_t reads_wanted = 5'000'000;
constexpr nanoseconds reads_longest = milliseconds(600);
// A control must be caught, and tears are rare on some machines.
constexpr nanoseconds control_longest = milliseconds(3000);
constexpr std::uint32_t retries_max = 1000;

// Not shorter: on a busy host an emulated CPU's clock can run several times
// too fast, and it would do nothing but serve timers.
constexpr nanoseconds usual_period = std::chrono::microseconds(500);
// From each context on each CPU. A job goes on until it has them, however slow
// the machine is: a time limit would end some with none.
constexpr std::uint64_t usual_interruptions = 40;

constexpr std::array<std::string_view, 5> quick_controls{
    "read_write", "read_write_injected", "this_cpu_read_write", "no_irqsave", "add_above_32_bits"};

// Other controls write patterns, too, but what is wrong with them is elsewhere.
bool is_caught_by_tearing(const Idiom& control) {
  return std::ranges::any_of(control_scenarios(), [&](const ControlScenario& scenario) {
    return scenario.idiom == control.name && scenario.caught_by == Catch::torn;
  });
}

class Reporter {
 public:
  Reporter(const Device& device, const ReportRequest& request)
      : device_(device),
        request_(request),
        info_(device.info()),
        cpus_(device.cpus()),
        usable_(usable_cpus(cpus_)),
        idioms_(device.idioms()),
        addresses_(info_.has(PERCPU_SCOPE_FEATURE_RAW) ? Addresses::raw : Addresses::relative) {}

  Json gather() {
    Json report = head();
    report["offsets"] = attempt("offsets", [&] { return offsets(); });
    std::vector<Counter> counters = device_.counters();
    report["counters"] = Json::array();  // in this place, filled when hammered
    report["hammer"] = hammer(counters);
    report["counters"] = attempt("counters", [&] { return values(counters); });
    report["verify"] = verify(counters);
    report["controls"] = controls();
    report["notes"] = notes_;
    report["failures"] = failures_;
    report["verdict"] = failures_.empty() ? "pass" : "test-failure";
    return report;
  }

 private:
  Json head() const {
    const Json info = document_of(info_);
    return Json{{"verdict", "test-failure"},
                {"kernel", info_.release},
                {"accelerator", request_.accelerator.empty() ? Json() : Json(request_.accelerator)},
                {"bits_per_long", info_.bits_per_long},
                {"features", info.at("features")},
                {"cpus", {{"possible", info_.possible_cpus}, {"online", info_.online_cpus}}}};
  }

  // What fails is part of the report, and does not end it.
  template <typename Work>
  Json attempt(const std::string& what, Work work) {
    if (request_.progress) request_.progress(what);
    try {
      return work();
    } catch (const std::exception& error) {
      fail(what + ": " + error.what());
      return Json::array();
    }
  }

  void fail(std::string why) { failures_.push_back(std::move(why)); }

  Json offsets() const {
    return document_of(
        cpus_, addresses_ == Addresses::raw ? device_.cpus(Addresses::raw) : std::vector<Cpu>{});
  }

  Json identity(const Counter& counter) {
    Json identity = identity_document(
        device_.cpus(addresses_), device_.copies(counter.id, addresses_), info_.bits_per_long,
        addresses_ == Addresses::raw ? counter.percpu_pointer : 0, addresses_);
    if (!identity.at("holds").get<bool>())
      fail(counter.name + ": address - offset is not the same __percpu pointer on every CPU");
    return identity;
  }

  Json values(std::span<const Counter> counters) {
    const std::vector<Counter> placed = device_.counters(addresses_);
    const Snapshot snapshot = device_.snapshot(ids_of(counters));
    Json list = Json::array();
    for (const Counter& counter : counters) {
      const Counter& described = find_counter(placed, counter.name);
      Json document = document_of(described);
      document["fields"] =
          values_document(counter, snapshot.record(counter.id), cpus_).at("fields");
      document["identity"] = counter.is_percpu() ? identity(described) : Json();
      list.push_back(std::move(document));
    }
    return list;
  }

  Json hammer(std::span<const Counter> counters) {
    std::vector<Pair> pairs;
    for (const Counter& counter : counters) {
      if (counter.origin != Origin::static_) continue;
      const std::size_t first = pairs.size();
      for (const Idiom& idiom : idioms_)
        if (!idiom.is_control() && idiom.fits(counter))
          pairs.push_back({.counter = counter, .idiom = idiom});
      // Patterns first, so that the values that are shown afterwards are sums.
      std::stable_partition(pairs.begin() + static_cast<std::ptrdiff_t>(first), pairs.end(),
                            [](const Pair& pair) { return pair.idiom.is_pattern(); });
      if (first == pairs.size()) fail(counter.name + ": no idiom fits its storage");
    }
    if (pairs.empty()) fail("nothing to hammer");

    Json runs = Json::array();
    const nanoseconds share =
        std::clamp(hammer_budget / std::max<std::int64_t>(1, std::ssize(pairs)), hammer_shortest,
                   hammer_longest);
    for (const Pair& pair : pairs) {
      const std::string what = "hammer " + pair.counter.name + " " + pair.idiom.name;
      Json run = attempt(what, [&] { return hammer_pair(pair, share); });
      if (run.is_array()) continue;  // it failed, and that is noted
      if (!run.at("exact").get<bool>()) fail(what + ": issued and counted differ");
      if (run.at("updates").get<std::uint64_t>() == 0) fail(what + ": nothing was issued");
      runs.push_back(std::move(run));
    }
    return runs;
  }

  Json hammer_pair(const Pair& pair, nanoseconds share) {
    if (pair.idiom.is_pattern()) device_.reset(pair.counter.id);
    ContextSet contexts = pair.idiom.conserved & pair.idiom.runnable;
    contexts.erase(Context::task);
    if (!info_.has(PERCPU_SCOPE_FEATURE_NMI)) contexts.erase(Context::nmi);
    const nanoseconds shortest(info_.min_generator_period_ns);
    Hammering hammering{.counter = pair.counter,
                        .idiom = pair.idiom,
                        .cpus = usable_,
                        .updates = endless,
                        .slice = share / 3,
                        .time_limit = share};
    if (!contexts.empty()) {
      hammering.updates = 1;
      hammering.contexts = contexts;
      hammering.period = std::max(usual_period, shortest);
      hammering.interruptions = usual_interruptions;
      hammering.slice = hammering.time_limit = nanoseconds{0};
    }
    const HammerResult result = hammer_on_cpus(device_, hammering);
    if (pair.idiom.is_pattern()) device_.reset(pair.counter.id);
    for (const Context context : all_contexts)
      if (contexts.contains(context) && result.tally[context] == 0)
        fail("hammer " + pair.counter.name + " " + pair.idiom.name + ": no update came from " +
             std::string(to_string(context)));
    return hammer_document(hammering, result, info_);
  }

  // One counter of each storage is enough: tearing is the storage's.
  Json verify(std::span<const Counter> counters) {
    Json checks = Json::array();
    if (usable_.size() < 2) {
      notes_.emplace_back(
          "no tear checks: they need two CPUs that are online and that this process may use");
      return checks;
    }
    std::set<Storage> seen;
    bool controlled = false;
    for (const Counter& counter : counters) {
      if (counter.origin != Origin::static_ || !seen.insert(counter.storage).second) continue;
      for (const Idiom& idiom : idioms_) {
        if (!idiom.is_pattern() || !idiom.fits(counter)) continue;
        // What loses even among tasks is for the controls, which run findings.
        if (!idiom.conserved.contains(Context::task)) continue;
        if (idiom.is_control() && !is_caught_by_tearing(idiom)) continue;
        const std::string what = "verify " + counter.name + " " + idiom.name;
        Json check = attempt(what, [&] { return verify_pair(counter, idiom, what); });
        if (check.is_array()) continue;
        controlled = controlled || idiom.is_control();
        checks.push_back(std::move(check));
      }
    }
    if (checks.empty()) fail("nothing was verified: no pattern idiom fits any counter");
    if (!controlled)
      notes_.emplace_back("no control ran: that torn readings are seen is not shown here");
    return checks;
  }

  Json verify_pair(const Counter& counter, const Idiom& idiom, const std::string& what) {
    const TearCheck check{.counter = counter,
                          .idiom = idiom,
                          .writer_cpu = usable_[0],
                          .reader_cpu = usable_[1],
                          .reads = reads_wanted,
                          .changes = enough_changes,
                          .retries_max = retries_max,
                          .time_limit = idiom.is_untorn() ? reads_longest : control_longest,
                          .stop = {},
                          .progress = {}};
    const TearResult result = check_tearing(device_, check);
    device_.reset(counter.id);
    const Finding finding = finding_of(check, result);
    if (!is_good(finding)) fail(what + ": " + std::string(to_string(finding)));
    return tear_document(check, result);
  }

  // The ones that are caught within a moment; pcpu control run has them all.
  Json controls() {
    Json controls = Json::array();
    const Machine machine = this_machine(device_);
    for (const std::string_view name : quick_controls) {
      const ControlScenario& scenario = find_scenario(name);
      const std::string what = "control " + std::string(name);
      Json control = attempt(what, [&] {
        return control_document(scenario, run_control(device_, scenario, machine));
      });
      if (control.is_array()) continue;
      if (std::string failure = failure_of_control(control); !failure.empty())
        fail(std::move(failure));
      controls.push_back(std::move(control));
    }
    return controls;
  }

  const Device& device_;
  const ReportRequest& request_;
  Info info_;
  std::vector<Cpu> cpus_;
  std::vector<std::uint32_t> usable_;
  std::vector<Idiom> idioms_;
  Addresses addresses_;
  std::vector<std::string> notes_;
  std::vector<std::string> failures_;
};

}  // namespace

Json gather_report(const Device& device, const ReportRequest& request) {
  return Reporter(device, request).gather();
}

bool is_pass(const Json& report) { return report.at("verdict") == "pass"; }

Json identity_document(std::span<const Cpu> cpus, std::span<const Copy> copies,
                       std::uint32_t bits_per_long, std::uint64_t pointer, Addresses addresses) {
  bool holds = !cpus.empty() && cpus.size() == copies.size();
  Json pointers = Json::array();
  for (std::size_t i = 0; i < std::min(cpus.size(), copies.size()); ++i) {
    const std::uint64_t found =
        percpu_pointer_from(copies[i].address, cpus[i].offset, bits_per_long);
    holds = holds && copies[i].cpu == cpus[i].number && found == pointer;
    pointers.push_back(hexadecimal(found));
  }
  return Json{{"holds", holds},
              {"checked", addresses == Addresses::raw ? "raw" : "delta"},
              {"pointer", hexadecimal(pointer)},
              {"pointers", std::move(pointers)}};
}

}  // namespace percpu_scope::cli
