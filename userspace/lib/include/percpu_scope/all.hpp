// SPDX-License-Identifier: GPL-2.0-only
//
// All of the library for those who do not mind. Nothing of its own.
#pragma once

#include "percpu_scope/call_counter.hpp"
#include "percpu_scope/conservation.hpp"
#include "percpu_scope/controls.hpp"
#include "percpu_scope/cpu_list.hpp"
#include "percpu_scope/debugfs.hpp"
#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/device.hpp"
#include "percpu_scope/error.hpp"
#include "percpu_scope/file_descriptor.hpp"
#include "percpu_scope/hammer.hpp"
#include "percpu_scope/hotplug.hpp"
#include "percpu_scope/pinned_threads.hpp"
#include "percpu_scope/promises.hpp"
#include "percpu_scope/requests.hpp"
#include "percpu_scope/saturated.hpp"
#include "percpu_scope/snapshot.hpp"
#include "percpu_scope/torture.hpp"
#include "percpu_scope/usable_cpus.hpp"
#include "percpu_scope/words.hpp"
