// SPDX-License-Identifier: GPL-2.0-only
//
// All of what proves, and of what it stands on. Nothing of its own.
#pragma once

#include "percpu_scope/all.hpp"
#include "percpu_scope/prove/conservation.hpp"
#include "percpu_scope/prove/control_scenarios.hpp"
#include "percpu_scope/prove/controls.hpp"
#include "percpu_scope/prove/hammer.hpp"
#include "percpu_scope/prove/hotplug.hpp"
#include "percpu_scope/prove/machine.hpp"
#include "percpu_scope/prove/pinned_threads.hpp"
#include "percpu_scope/prove/promises.hpp"
#include "percpu_scope/prove/saturated.hpp"
#include "percpu_scope/prove/torture.hpp"
#include "percpu_scope/prove/torture_jobs.hpp"
#include "percpu_scope/prove/torture_requests.hpp"
#include "percpu_scope/prove/usable_cpus.hpp"
