// SPDX-License-Identifier: GPL-2.0-only
//
// The table of combinations, and what a run of one must come to.
#include "percpu_scope/prove/promises.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <utility>

#include "percpu_scope/cpu_list.hpp"
#include "percpu_scope/error.hpp"
#include "percpu_scope/prove/hammer.hpp"
#include "percpu_scope/prove/usable_cpus.hpp"

namespace percpu_scope {
namespace {

// How often the stop token is looked at.
constexpr std::chrono::milliseconds promise_slice{50};

std::string number(std::uint64_t value, Arithmetic arithmetic) {
  if (arithmetic == Arithmetic::sum) return std::to_string(value);
  std::array<char, 24> text{};
  (void)std::snprintf(text.data(), text.size(), "0x%016llx",
                      static_cast<unsigned long long>(value));
  return text.data();
}

std::string signed_number(std::uint64_t value, Arithmetic arithmetic) {
  return arithmetic == Arithmetic::sum ? std::to_string(static_cast<std::int64_t>(value))
                                       : number(value, arithmetic);
}

Hammering hammering_of(const Combination& combination, const MatrixLoad& load, bool finding) {
  const bool task = combination.contexts.contains(Context::task);
  ContextSet interfering = combination.contexts;
  interfering.erase(Context::task);
  const bool waits = combination.idiom.runnable == ContextSet{Context::task};
  const std::uint64_t interruptions = interfering.empty()                  ? 0
                                      : interfering.contains(Context::nmi) ? load.nmi_interruptions
                                                                           : load.interruptions;
  return {.counter = combination.counter,
          .idiom = combination.idiom,
          .cpus = combination.cpus,
          .updates = !task ? 0 : (waits ? load.waiting_updates : load.updates),
          .contexts = interfering,
          .period = interfering.empty() ? std::chrono::nanoseconds{0} : load.period,
          .interruptions = interruptions,
          .finding = finding,
          .bh_off = combination.bh_off,
          .slice = promise_slice,
          .stop = load.stop};
}

// The errno with which the module refuses, nothing if it does not. Little is
// asked for: where it runs it is not to take long, and is counted by nobody.
std::optional<int> refusal(const Device& device, const Combination& combination, bool finding) {
  const MatrixLoad least{
      .updates = 1, .interruptions = 1, .nmi_interruptions = 1, .waiting_updates = 1};
  try {
    (void)hammer_on_cpus(device, hammering_of(combination, least, finding));
    return std::nullopt;
  } catch (const Error& error) {
    if (error.operation() != Operation::hammer) throw;
    return error.error_number();
  }
}

std::string name_of(std::optional<int> error_number) {
  if (!error_number) return "ran";
  return "failed: " + std::generic_category().message(*error_number);
}

// Each context that was asked for came, as often as asked, and no other did.
std::string check_tally(const Hammering& hammering, const HammerResult& result) {
  for (const JobResult& job : result.jobs)
    for (const Context context : all_contexts) {
      const bool is_task = context == Context::task;
      const std::uint64_t least =
          is_task ? hammering.updates
                  : (hammering.contexts.contains(context) ? hammering.interruptions : 0);
      const bool none = least == 0 && job.tally[context] != 0;
      if (none || job.tally[context] < least)
        return "; CPU " + std::to_string(job.cpu) + " had " + std::to_string(job.tally[context]) +
               " updates in " + std::string(to_string(context)) + ", asked for " +
               std::to_string(least);
    }
  return {};
}

void run_and_check(const Device& device, const Combination& combination, const MatrixLoad& load,
                   CombinationResult& result) {
  const bool finding = combination.expectation == Expectation::finding;
  const Hammering hammering = hammering_of(combination, load, finding);
  const HammerResult hammered = hammer_on_cpus(device, hammering);
  result.tally = hammered.tally;
  result.fields = hammered.fields;
  result.open_sections = hammered.open_sections;
  result.lossy = !hammered.exact();
  const std::string missing = check_tally(hammering, hammered);
  result.good = missing.empty() && !hammered.misplaced && (finding || hammered.exact());
  result.message = combination.describe() + ": " +
                   describe(result.fields, arithmetic_of(combination.idiom)) + missing;
  if (hammered.stuck) result.message += "; the sequence is stuck, and no reader gets through";
  if (finding) result.message += result.lossy ? " (finding: lossy)" : " (finding: nothing lost)";
  if (hammered.interrupted) {
    result.good = false;
    result.message += "; interrupted";
  }
}

void run_refused(const Device& device, const Combination& combination, bool finding,
                 CombinationResult& result) {
  const std::optional<int> answer = refusal(device, combination, finding);
  result.good = answer == EOPNOTSUPP;
  result.message = combination.describe() + (finding ? ", as a finding, " : " ") + name_of(answer) +
                   (result.good ? ", as it must" : "; must be refused with ") +
                   (result.good ? "" : std::generic_category().message(EOPNOTSUPP));
}

std::string words_of(ContextSet contexts, char separator) {
  std::string words = to_string(contexts);
  std::replace(words.begin(), words.end(), ',', separator);
  return words;
}

}  // namespace

std::string_view to_string(Expectation expectation) {
  switch (expectation) {
    case Expectation::conserved:
      return "conserved";
    case Expectation::refused:
      return "refused";
    case Expectation::finding:
      return "finding";
  }
  return "?";
}

ContextSet generatable_contexts(const Info& info) {
  ContextSet contexts{Context::task, Context::softirq, Context::hardirq};
  if (info.has(PERCPU_SCOPE_FEATURE_NMI)) contexts.insert(Context::nmi);
  return contexts;
}

ContextSet kept_out_by_tasks(const Info& info, bool bh_off) {
  return bh_off && !info.has(PERCPU_SCOPE_FEATURE_RT) ? ContextSet{Context::softirq} : ContextSet{};
}

Expectation expectation_of(const Idiom& idiom, ContextSet contexts, ContextSet generatable,
                           ContextSet kept_out) {
  if (!generatable.contains(contexts) || !idiom.runnable.contains(contexts))
    return Expectation::refused;
  const bool conserves = idiom.conserved.contains(contexts - kept_out);
  return conserves ? Expectation::conserved : Expectation::finding;
}

std::string Combination::describe() const {
  return idiom.name + " on " + counter.name + " in " + to_string(contexts) +
         (bh_off ? " with bottom halves off" : "") + (cpus.size() == 1 ? " on CPU " : " on CPUs ") +
         format_cpu_list(cpus);
}

std::string Combination::test_name() const {
  std::string name = idiom.name + "_in_" + words_of(contexts, '_') + (bh_off ? "_bh_off" : "") +
                     "_on_" + std::to_string(cpus.size()) + (cpus.size() == 1 ? "_cpu" : "_cpus");
  const auto odd = [](char letter) {
    return letter != '_' && !(letter >= '0' && letter <= '9') &&
           !(letter >= 'a' && letter <= 'z') && !(letter >= 'A' && letter <= 'Z');
  };
  std::replace_if(name.begin(), name.end(), odd, '_');
  return name;
}

std::vector<Combination> matrix_of(const Info& info, std::span<const Counter> counters,
                                   std::span<const Idiom> idioms,
                                   std::span<const std::uint32_t> online) {
  const ContextSet generatable = generatable_contexts(info);
  std::vector<std::size_t> sizes{1, 2, online.size()};
  std::erase_if(sizes, [&](std::size_t size) { return size == 0 || size > online.size(); });
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());

  std::vector<Combination> combinations;
  for (const Idiom& idiom : idioms) {
    const auto counter = std::find_if(counters.begin(), counters.end(),
                                      [&](const Counter& one) { return idiom.fits(one); });
    if (counter == counters.end()) continue;
    for (std::uint32_t mask = 1; mask < context_sets; ++mask) {
      const ContextSet contexts(mask);
      if (!generatable.contains(contexts)) continue;
      for (const std::size_t size : sizes)
        combinations.push_back(
            {.counter = *counter,
             .idiom = idiom,
             .contexts = contexts,
             .cpus = {online.begin(), online.begin() + static_cast<std::ptrdiff_t>(size)},
             .expectation = expectation_of(idiom, contexts, generatable)});
    }
  }
  return combinations;
}

std::vector<Combination> matrix_of(const Device& device) {
  std::vector<Counter> counters = device.counters();
  std::erase_if(counters, [](const Counter& counter) { return counter.origin != Origin::static_; });
  return matrix_of(device.info(), counters, device.idioms(), usable_cpus(device.cpus()));
}

std::vector<Combination> bh_off_matrix_of(const Device& device) {
  const Info info = device.info();
  const ContextSet generatable = generatable_contexts(info);
  std::vector<Combination> combinations = matrix_of(device);
  const std::size_t most = usable_cpus(device.cpus()).size();
  std::erase_if(combinations, [most](const Combination& one) {
    return !one.contexts.contains(Context::task) || one.cpus.size() != most;
  });
  for (Combination& one : combinations) {
    one.bh_off = true;
    one.expectation =
        expectation_of(one.idiom, one.contexts, generatable, kept_out_by_tasks(info, true));
  }
  return combinations;
}

CombinationResult run_combination(const Device& device, const Combination& combination,
                                  const MatrixLoad& load) {
  const auto start = std::chrono::steady_clock::now();
  CombinationResult result;
  if (combination.idiom.is_pattern()) device.reset(combination.counter.id);
  switch (combination.expectation) {
    case Expectation::conserved:
      run_and_check(device, combination, load, result);
      break;
    case Expectation::refused:
      run_refused(device, combination, false, result);
      if (result.good) run_refused(device, combination, true, result);
      break;
    case Expectation::finding:
      run_refused(device, combination, false, result);
      if (result.good) run_and_check(device, combination, load, result);
      break;
  }
  if (combination.idiom.is_pattern() || combination.expectation == Expectation::finding)
    device.reset(combination.counter.id);
  result.elapsed = std::chrono::steady_clock::now() - start;
  return result;
}

std::string describe(std::span<const Conservation> fields, Arithmetic arithmetic) {
  if (fields.empty()) return "nothing was counted";
  const auto differs = std::find_if(fields.begin(), fields.end(),
                                    [](const Conservation& field) { return !field.exact(); });
  const Conservation& shown = differs == fields.end() ? fields.front() : *differs;
  std::string text = "issued " + number(shown.issued, arithmetic) + ", counted " +
                     number(shown.counted, arithmetic);
  if (differs != fields.end())
    text += ", lost " + signed_number(shown.lost, arithmetic) + " (" + shown.field + ")";
  return text;
}

}  // namespace percpu_scope
