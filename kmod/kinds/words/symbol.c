// SPDX-License-Identifier: GPL-2.0-only
/*
 * A static u64 that is updated by its symbol: what DEFINE_PER_CPU is made for. Where the
 * others reach a copy by a pointer in a register, the instruction here holds the
 * variable's own place, which the build looks for.
 */
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "../all.h"

DEFINE_PER_CPU(u64, pscope_by_symbol);

static void update_symbol_this_cpu_inc(const struct pscope_memory *memory, unsigned long times)
{
	while (times--)
		this_cpu_inc(pscope_by_symbol);
}

static void update_symbol___this_cpu_inc(const struct pscope_memory *memory,
					 unsigned long times)
{
	while (times--) {
		preempt_disable();
		__this_cpu_inc(pscope_by_symbol);
		preempt_enable();
	}
}

/* Which asks nobody whether preemption is off: it is, all the same. */
static void update_symbol_raw_cpu_inc(const struct pscope_memory *memory, unsigned long times)
{
	while (times--) {
		preempt_disable();
		raw_cpu_inc(pscope_by_symbol);
		preempt_enable();
	}
}

static void update_symbol_get_cpu_var(const struct pscope_memory *memory, unsigned long times)
{
	while (times--) {
		get_cpu_var(pscope_by_symbol)++;
		put_cpu_var(pscope_by_symbol);
	}
}

static void update_symbol_per_cpu(const struct pscope_memory *memory, unsigned long times)
{
	while (times--) {
		per_cpu(pscope_by_symbol, get_cpu())++;
		put_cpu();
	}
}

static const struct pscope_idiom idioms[] = {
	{
		.name = "symbol_this_cpu_inc",
		.call = "this_cpu_inc(variable)",
		.flags = PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_symbol,
		.conserved = PSCOPE_THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = update_symbol_this_cpu_inc,
	}, {
		.name = "symbol___this_cpu_inc",
		.call = "preempt_disable(); __this_cpu_inc(variable)",
		.kind = &pscope_kind_symbol,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_symbol___this_cpu_inc,
	}, {
		.name = "symbol_raw_cpu_inc",
		.call = "preempt_disable(); raw_cpu_inc(variable)",
		.kind = &pscope_kind_symbol,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_symbol_raw_cpu_inc,
	}, {
		.name = "symbol_get_cpu_var",
		.call = "get_cpu_var(variable)++; put_cpu_var(variable)",
		.kind = &pscope_kind_symbol,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_symbol_get_cpu_var,
	}, {
		.name = "symbol_per_cpu",
		.call = "per_cpu(variable, get_cpu())++; put_cpu()",
		.kind = &pscope_kind_symbol,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_symbol_per_cpu,
	},
};

static bool symbol_read_copy(const struct pscope_memory *memory, unsigned int cpu, u64 *values)
{
	values[0] = READ_ONCE(per_cpu(pscope_by_symbol, cpu));
	return true;
}

static void symbol_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu(pscope_by_symbol, cpu),
			   pscope_value_after(updates, 1, pattern));
}

const struct pscope_kind pscope_kind_symbol = {
	.name = "u64_symbol",
	.fields = pscope_value_field,
	.field_count = 1,
	.size = sizeof(u64),
	.align = __alignof__(u64),
	.unskewed = true,
	.percpu = true,
	.idioms = idioms,
	.idiom_count = ARRAY_SIZE(idioms),
	.read_copy = symbol_read_copy,
	.copy_address = pscope_percpu_copy_address,
	.set = symbol_set,
};
