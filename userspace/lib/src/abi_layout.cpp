// SPDX-License-Identifier: GPL-2.0-only
//
// The ABI's layout, pinned at compile time. This file is part of every build,
// so a 32-bit program that would disagree with a 64-bit kernel cannot be made.
#include <percpu_scope.h>

#include <cstddef>

namespace {

// Size, then the offset of the last member: nothing before it can have moved
// without moving it or leaving a gap, and sizes are multiples of 8.
#define PIN(type, size, last_member, last_offset)              \
  static_assert(sizeof(struct percpu_scope_##type) == (size)); \
  static_assert((size) % 8 == 0);                              \
  static_assert(offsetof(struct percpu_scope_##type, last_member) == (last_offset))

PIN(info, 128, release, 56);
PIN(cpu, 24, offset, 16);
PIN(cpus, 16, cpus, 8);
PIN(field, 24, weight, 16);
PIN(counter, 176, fields, 80);
PIN(counters, 16, counters, 8);
PIN(idiom, 120, call, 56);
PIN(idioms, 16, idioms, 8);
PIN(copy, 16, address, 8);
PIN(copies, 24, copies, 16);
PIN(record, 16, starved, 12);
PIN(snapshot, 32, reserved, 28);
PIN(job, 104, reserved, 100);
PIN(verify, 120, torn_example, 88);
PIN(create, 64, reserved, 60);
PIN(counter_ref, 8, reserved, 4);
PIN(count_calls, 136, function, 8);
PIN(stop_calls, 16, missed, 8);

#undef PIN

// The numbers of the commands hold direction and size.
static_assert(PERCPU_SCOPE_GET_INFO == 0x8080d700);
static_assert(PERCPU_SCOPE_GET_CPUS == 0xc010d701);
static_assert(PERCPU_SCOPE_LIST_COUNTERS == 0xc010d702);
static_assert(PERCPU_SCOPE_LIST_IDIOMS == 0xc010d703);
static_assert(PERCPU_SCOPE_GET_COPIES == 0xc018d704);
static_assert(PERCPU_SCOPE_SNAPSHOT == 0xc020d705);
static_assert(PERCPU_SCOPE_VERIFY == 0xc078d706);
static_assert(PERCPU_SCOPE_HAMMER == 0xc068d710);
static_assert(PERCPU_SCOPE_CREATE == 0xc040d711);
static_assert(PERCPU_SCOPE_DESTROY == 0x4008d712);
static_assert(PERCPU_SCOPE_RESET == 0x4008d713);
static_assert(PERCPU_SCOPE_COUNT_CALLS == 0x4088d714);
static_assert(PERCPU_SCOPE_STOP_CALLS == 0xc010d715);

}  // namespace
