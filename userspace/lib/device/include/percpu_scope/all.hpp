// SPDX-License-Identifier: GPL-2.0-only
//
// All of the library over the device for those who do not mind. Nothing of its own.
#pragma once

#include "percpu_scope/call_counter.hpp"
#include "percpu_scope/channel.hpp"
#include "percpu_scope/closest_names.hpp"
#include "percpu_scope/cpu_list.hpp"
#include "percpu_scope/debugfs.hpp"
#include "percpu_scope/descriptions.hpp"
#include "percpu_scope/device.hpp"
#include "percpu_scope/error.hpp"
#include "percpu_scope/file_descriptor.hpp"
#include "percpu_scope/read_file.hpp"
#include "percpu_scope/requests.hpp"
#include "percpu_scope/snapshot.hpp"
#include "percpu_scope/vocabulary.hpp"
#include "percpu_scope/words.hpp"
