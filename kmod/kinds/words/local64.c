// SPDX-License-Identifier: GPL-2.0-only
/* One local64_t for each CPU. */
#include <linux/percpu.h>
#include <asm/local64.h>

#include "../all.h"

static void update_local64_inc(const struct pscope_memory *memory, unsigned long times)
{
	local64_t __percpu *p = memory->percpu;

	while (times--) {
		/* Local only while this CPU is ours: core-api/local_ops.rst */
		local64_inc(get_cpu_ptr(p));
		put_cpu_ptr(p);
	}
}

static void update_local64_set(const struct pscope_memory *memory, unsigned long times)
{
	local64_t __percpu *p = memory->percpu;

	while (times--) {
		local64_t *copy = get_cpu_ptr(p);

		local64_set(copy, pscope_pattern_next(local64_read(copy), 1));
		put_cpu_ptr(p);
	}
}

static const struct pscope_idiom idioms[] = {
	{
		.name = "local64_inc",
		.call = "local64_inc(get_cpu_ptr(p)); put_cpu_ptr(p)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_local64,
		.conserved = PSCOPE_LOCAL64,
		.runnable = PSCOPE_ATOMIC64,
		.update = update_local64_inc,
	}, {
		.name = "local64_set",
		.call = "local64_set(get_cpu_ptr(p), pattern); put_cpu_ptr(p)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_PATTERN,
		.kind = &pscope_kind_local64,
		/* Reads, then sets: each whole, not both together. */
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ATOMIC64,
		.update = update_local64_set,
	},
};

static bool local64_read_copy(const struct pscope_memory *memory, unsigned int cpu, u64 *values)
{
	local64_t __percpu *p = memory->percpu;

	values[0] = local64_read(per_cpu_ptr(p, cpu));
	return true;
}

static void set_local64(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	local64_t __percpu *p = memory->percpu;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		local64_set(per_cpu_ptr(p, cpu), pscope_value_after(updates, 1, pattern));
}

static void __percpu *alloc_local64(gfp_t flags)
{
	return flags ? alloc_percpu_gfp(local64_t, flags) : alloc_percpu(local64_t);
}

const struct pscope_kind pscope_kind_local64 = {
	.name = "local64",
	.fields = pscope_value_field,
	.field_count = 1,
	.size = sizeof(local64_t),
	.align = __alignof__(local64_t),
	.unskewed = true,
	.percpu = true,
	.idioms = idioms,
	.idiom_count = ARRAY_SIZE(idioms),
	.alloc = alloc_local64,
	.read_copy = local64_read_copy,
	.copy_address = pscope_percpu_copy_address,
	.set = set_local64,
};
