// SPDX-License-Identifier: GPL-2.0-only
//
// Adding up answers of several requests.
#include "percpu_scope/requests.hpp"

#include <numeric>

namespace percpu_scope {

std::uint64_t Tally::total() const {
  return std::accumulate(by_context.begin(), by_context.end(), std::uint64_t{0});
}

Tally& Tally::operator+=(const Tally& other) {
  for (std::size_t i = 0; i < by_context.size(); ++i) by_context[i] += other.by_context[i];
  return *this;
}

JobResult& JobResult::operator+=(const JobResult& part) {
  tally += part.tally;
  elapsed += part.elapsed;
  cpu = part.cpu;
  interrupted = interrupted || part.interrupted;
  cpu_went_down = cpu_went_down || part.cpu_went_down;
  misplaced = misplaced || part.misplaced;
  ipis += part.ipis;
  irq_works += part.irq_works;
  migrations += part.migrations;
  preemptions += part.preemptions;
  injected += part.injected;
  open_sections += part.open_sections;
  nested += part.nested;
  return *this;
}

VerifyResult& VerifyResult::operator+=(const VerifyResult& other) {
  if (torn == 0) torn_example = other.torn_example;
  interrupted = interrupted || other.interrupted;
  done += other.done;
  retries += other.retries;
  starved += other.starved;
  torn += other.torn;
  skewed += other.skewed;
  backward += other.backward;
  changed += other.changed;
  elapsed += other.elapsed;
  return *this;
}

}  // namespace percpu_scope
