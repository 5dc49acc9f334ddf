// SPDX-License-Identifier: GPL-2.0-only
/*
 * A byte for each CPU, folded into a shared count at a threshold: how mm/vmstat.c counts
 * what zones and nodes have. The cheapest to read of all that are per CPU, and never more
 * than the threshold times the CPUs wrong.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/percpu.h>

#include "all.h"

/* As of a machine of middling size; mm/vmstat.c has at most 125. */
#define THRESHOLD	32

DEFINE_PER_CPU(s8, pscope_differential);
static atomic64_t folded;

/* See mod_zone_state(): it overshoots by half, so that the next fold is far away. */
static void update_differential(const struct pscope_memory *memory, unsigned long times)
{
	s8 old, new;
	s64 fold;

	while (times--) {
		do {
			old = this_cpu_read(pscope_differential);
			new = old + 1;
			fold = 0;
			if (new > THRESHOLD) {
				fold = new + THRESHOLD / 2;
				new = -THRESHOLD / 2;
			}
			/* The task may be elsewhere by now: that CPU's differs, or suits. */
		} while (this_cpu_cmpxchg(pscope_differential, old, new) != old);
		if (fold)
			atomic64_add(fold, &folded);
	}
}

static const struct pscope_idiom idioms[] = {
	{
		.name = "differential_inc",
		.call = "this_cpu_cmpxchg(s8); at a threshold atomic64_add()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_differential,
		.conserved = PSCOPE_THIS_CPU_WORD & PSCOPE_ATOMIC64,
		.runnable = PSCOPE_ATOMIC64,
		.update = update_differential,
	},
};

static void *differential_copy_address(const struct pscope_memory *memory, unsigned int cpu)
{
	return per_cpu_ptr(&pscope_differential, cpu);
}

static bool differential_read_copy(const struct pscope_memory *memory, unsigned int cpu,
				   u64 *values)
{
	values[0] = (s64)READ_ONCE(per_cpu(pscope_differential, cpu));
	return true;
}

static void differential_read_shared(const struct pscope_memory *memory, u64 *values)
{
	values[0] = atomic64_read(&folded);
}

static void differential_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu(pscope_differential, cpu), 0);
	atomic64_set(&folded, pscope_value_after(updates, 1, pattern));
}

const struct pscope_kind pscope_kind_differential = {
	.name = "differential",
	.fields = pscope_value_field,
	.field_count = 1,
	.size = sizeof(s8),
	.align = __alignof__(s8),
	.unskewed = true,
	.percpu = true,
	.folds = true,
	.idioms = idioms,
	.idiom_count = ARRAY_SIZE(idioms),
	.read_copy = differential_read_copy,
	.copy_address = differential_copy_address,
	.read_shared = differential_read_shared,
	.set = differential_set,
};
