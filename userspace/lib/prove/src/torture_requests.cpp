// SPDX-License-Identifier: GPL-2.0-only
//
// Adding up what workers and readers have done.
#include "percpu_scope/prove/torture_requests.hpp"

namespace percpu_scope {

TortureTotals& TortureTotals::operator+=(const TortureTotals& other) {
  tally += other.tally;
  jobs += other.jobs;
  findings += other.findings;
  lossy += other.lossy;
  refused += other.refused;
  busy += other.busy;
  reads += other.reads;
  starved += other.starved;
  snapshots += other.snapshots;
  creates += other.creates;
  destroys += other.destroys;
  resets += other.resets;
  hotplug_cycles += other.hotplug_cycles;
  checks += other.checks;
  return *this;
}

}  // namespace percpu_scope
