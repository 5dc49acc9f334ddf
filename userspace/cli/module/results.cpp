// SPDX-License-Identifier: GPL-2.0-only
//
// What was issued and counted, read and found.
#include "cli/module/results.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/module/documents.hpp"
#include "cli/module/rate.hpp"
#include "percpu_scope/prove/promises.hpp"
#include "percpu_scope/prove/saturated.hpp"

namespace percpu_scope::cli {
namespace {

Json job_document(const JobResult& job) {
  return Json{{"cpu", job.cpu},
              {"tally", document_of(job.tally)},
              {"ipis", job.ipis},
              {"irq_works", job.irq_works},
              {"injected", job.injected},
              {"open_sections", job.open_sections},
              {"nested", job.nested},
              {"migrations", job.migrations},
              {"preemptions", job.preemptions},
              {"elapsed_ns", job.elapsed.count()}};
}

Json torn_example(const VerifyResult& readings) {
  Json example = Json::array();
  for (const std::uint64_t field : readings.torn_example) example.push_back(hexadecimal(field));
  return example;
}

// Of a pattern the halves matter, not the number that they make.
Json amount(Arithmetic arithmetic, std::uint64_t value) {
  return arithmetic == Arithmetic::sum ? Json(value) : Json(hexadecimal(value));
}

// Skew is asserted only where the kernel promises that there is none.
bool promises_unskewed(const TearCheck& check) {
  return check.counter.is_unskewed() && !check.idiom.is_control();
}

}  // namespace

Json hammer_document(const Hammering& hammering, const HammerResult& result, const Info& info) {
  Json jobs = Json::array();
  for (const JobResult& job : result.jobs) jobs.push_back(job_document(job));
  const Arithmetic arithmetic = arithmetic_of(hammering.idiom);
  Json fields = Json::array();
  for (const Conservation& field : result.fields)
    fields.push_back({{"name", field.field},
                      {"issued", amount(arithmetic, field.issued)},
                      {"counted", amount(arithmetic, field.counted)},
                      {"lost", field.exact() ? Json(0U) : amount(arithmetic, field.lost)},
                      {"exact", field.exact()}});
  ContextSet contexts = hammering.contexts;
  if (hammering.updates > 0) contexts.insert(Context::task);
  const Expectation expectation =
      expectation_of(hammering.idiom, contexts, generatable_contexts(info),
                     kept_out_by_tasks(info, hammering.bh_off));
  return Json{{"counter", hammering.counter.name},
              {"storage", to_string(hammering.counter.storage)},
              {"idiom", hammering.idiom.name},
              {"pattern", hammering.idiom.is_pattern()},
              {"cpus", hammering.cpus},
              {"unpinned_threads", hammering.unpinned_threads},
              {"contexts", document_of(contexts)},
              {"period_ns", hammering.period.count()},
              {"bh_off", hammering.bh_off},
              {"promised", expectation == Expectation::conserved},
              {"tally", document_of(result.tally)},
              {"injected", result.injected},
              {"open_sections", result.open_sections},
              {"updates", result.issued()},
              {"rate", saturated(result.updates_per_second_per_cpu())},
              {"fields", std::move(fields)},
              {"exact", result.exact()},
              {"interrupted", result.interrupted},
              {"cpu_went_down", result.cpu_went_down},
              {"misplaced", result.misplaced},
              {"jobs", std::move(jobs)}};
}

Json hammer_rows(const Json& runs) {
  Json rows = Json::array();
  for (const Json& run : runs)
    for (const Json& field : run.at("fields"))
      rows.push_back({{"counter", run.at("counter")},
                      {"idiom", run.at("idiom")},
                      {"contexts", run.at("contexts")},
                      {"field", field.at("name")},
                      {"issued", field.at("issued")},
                      {"counted", field.at("counted")},
                      {"lost", field.at("lost")},
                      {"exact", field.at("exact")},
                      {"rate", run.at("rate")}});
  return rows;
}

Json watch_document(std::span<const Counter> counters, const Snapshot& before,
                    const Snapshot& after, std::chrono::nanoseconds interval,
                    std::chrono::nanoseconds since_start) {
  Json fields = Json::array();
  for (const Counter& counter : counters) {
    // Read while a writer was in the way: a decrease then means nothing, nor does a gain.
    const std::uint32_t starved =
        std::max(before.record(counter.id).starved, after.record(counter.id).starved);
    for (std::size_t i = 0; i < counter.fields.size(); ++i) {
      const std::uint64_t sum = after.sum(counter.id, i);
      const std::uint64_t gained = sum - before.sum(counter.id, i);
      const bool decreased = gained > UINT64_MAX / 2;
      Json field{{"counter", counter.name}, {"field", counter.fields[i].name}, {"sum", sum}};
      field["gained"] = decreased ? Json() : Json(gained);
      field["rate"] = decreased ? Json() : Json(per_second(gained, interval));
      field["note"] = decreased ? Json("reset?") : Json();
      if (starved != 0) field["note"] = std::to_string(starved) + " starved";
      fields.push_back(std::move(field));
    }
  }
  return Json{{"time_ns", static_cast<std::uint64_t>(since_start.count())},
              {"interval_ns", static_cast<std::uint64_t>(interval.count())},
              {"fields", std::move(fields)}};
}

std::string_view to_string(Finding finding) {
  switch (finding) {
    case Finding::pass:
      return "pass";
    case Finding::caught:
      return "caught";
    case Finding::failed:
      return "FAILED";
    case Finding::inconclusive:
      return "INCONCLUSIVE";
  }
  return "?";
}

bool is_good(Finding finding) { return finding == Finding::pass || finding == Finding::caught; }

Finding finding_of(const TearCheck& check, const TearResult& result) {
  const VerifyResult& readings = result.readings;
  // A copy that hardly changed, or was never read whole, proves nothing.
  const bool observed = readings.changed >= enough_changes && readings.done > readings.starved;
  if (check.idiom.is_untorn()) {
    if (readings.torn > 0 || readings.backward > 0) return Finding::failed;
    if (promises_unskewed(check) && readings.skewed > 0) return Finding::failed;
    return observed ? Finding::pass : Finding::inconclusive;
  }
  if (readings.torn > 0) return Finding::caught;
  // What is not promised may hold all the same; a control must not.
  return observed && !check.idiom.is_control() ? Finding::pass : Finding::inconclusive;
}

Json torn_must(const Idiom& idiom) {
  if (idiom.is_untorn()) return "be 0";
  return idiom.is_control() ? Json("show") : Json();
}

Json tear_document(const TearCheck& check, const TearResult& result) {
  const VerifyResult& readings = result.readings;
  const Finding finding = finding_of(check, result);
  return Json{{"counter", check.counter.name},
              {"storage", to_string(check.counter.storage)},
              {"idiom", check.idiom.name},
              {"control", check.idiom.is_control()},
              {"writer_cpu", check.writer_cpu},
              {"reader_cpu", check.reader_cpu},
              {"updates", result.writer.tally.total()},
              {"wanted", check.reads},
              {"reads", readings.done},
              {"retries_max", check.retries_max},
              {"retries", readings.retries},
              {"starved", readings.starved},
              {"torn", readings.torn},
              {"torn_must", torn_must(check.idiom)},
              {"torn_example", readings.torn > 0 ? torn_example(readings) : Json()},
              {"skewed", readings.skewed},
              {"skew_must", promises_unskewed(check) ? Json("be 0") : Json()},
              {"backward", readings.backward},
              {"changed", readings.changed},
              {"elapsed_ns", readings.elapsed.count()},
              {"cut_short", result.cut_short},
              {"finding", to_string(finding)},
              {"good", is_good(finding)}};
}

}  // namespace percpu_scope::cli
