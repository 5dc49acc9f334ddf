// SPDX-License-Identifier: GPL-2.0-only
//
// Torture: random jobs out of the matrix, on all CPUs, for as long as asked,
// with readers, resets, creation, destruction and hotplug in between. Every
// job's updates are checked.
#pragma once

#include "percpu_scope/device.hpp"
#include "percpu_scope/prove/torture_requests.hpp"

namespace percpu_scope {

// Nobody else may update the static counters meanwhile. Zeroes them.
TortureResult torture(const Device& device, const TortureRequest& request);

}  // namespace percpu_scope
