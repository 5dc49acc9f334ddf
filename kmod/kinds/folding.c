// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kinds whose per-CPU parts are folded into a shared one: struct percpu_counter. All
 * parts are read together, under the lock that they are folded under. Each function
 * shows one kernel API as a driver would use it; what it promises stands in its table
 * entry, with the reason.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/percpu_counter.h>

#include "../compat.h"
#include "all.h"

static void update_percpu_counter_add(const struct pscope_memory *memory, unsigned long times)
{
	s64 amount = 1;

	OPTIMIZER_HIDE_VAR(amount);
	while (times--)
		percpu_counter_add(memory->address, amount);
}

/* A batch of its own: how far each CPU's part may go before it is folded. */
#define LARGE_BATCH	1000

static void update_percpu_counter_add_batch(const struct pscope_memory *memory,
					    unsigned long times)
{
	while (times--)
		percpu_counter_add_batch(memory->address, 1, LARGE_BATCH);
}

/* Never folded by itself: for those who ask for the exact sum alone. */
static void update_percpu_counter_add_local(const struct pscope_memory *memory,
					    unsigned long times)
{
	while (times--)
		percpu_counter_add_local(memory->address, 1);
}

/* More than a batch goes out and comes in again, by way of the shared count. */
static void update_percpu_counter_sub(const struct pscope_memory *memory, unsigned long times)
{
	while (times--) {
		percpu_counter_add(memory->address, LARGE_BATCH + 1);
		percpu_counter_sub(memory->address, LARGE_BATCH);
	}
}

#define PERCPU_COUNTER_CONSERVES						\
	(PSCOPE_PERCPU_COUNTER_MASKABLE ? PSCOPE_MASKABLE : PSCOPE_PLAIN_C)

static const struct pscope_idiom idioms[] = {
	{
		.name = "percpu_counter_add",
		.call = "percpu_counter_add(&fbc, n)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_percpu_counter,
		/* Beyond its batch it takes a raw spinlock. */
		.conserved = PERCPU_COUNTER_CONSERVES,
		.runnable = PSCOPE_MASKABLE,
		.update = update_percpu_counter_add,
	}, {
		.name = "percpu_counter_add_batch",
		.call = "percpu_counter_add_batch(&fbc, 1, 1000)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_percpu_counter,
		.conserved = PERCPU_COUNTER_CONSERVES,
		.runnable = PSCOPE_MASKABLE,
		.update = update_percpu_counter_add_batch,
	}, {
		.name = "percpu_counter_add_local",
		.call = "percpu_counter_add_local(&fbc, 1)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_percpu_counter,
		.conserved = PERCPU_COUNTER_CONSERVES,
		.runnable = PSCOPE_MASKABLE,
		.update = update_percpu_counter_add_local,
	}, {
		.name = "percpu_counter_sub",
		.call = "percpu_counter_add(&fbc, 1001); percpu_counter_sub(&fbc, 1000)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_TRANSIENT,
		.kind = &pscope_kind_percpu_counter,
		.conserved = PERCPU_COUNTER_CONSERVES,
		.runnable = PSCOPE_MASKABLE,
		.update = update_percpu_counter_sub,
	},
};

static int percpu_counter_kind_init(const struct pscope_memory *memory)
{
	return percpu_counter_init(memory->address, 0, GFP_KERNEL);
}

static void percpu_counter_kind_exit(const struct pscope_memory *memory)
{
	percpu_counter_destroy(memory->address);
}

#ifdef CONFIG_SMP
static void *percpu_counter_copy_address(const struct pscope_memory *memory, unsigned int cpu)
{
	struct percpu_counter *fbc = memory->address;

	return per_cpu_ptr(fbc->counters, cpu);
}

static bool percpu_counter_read_copy(const struct pscope_memory *memory, unsigned int cpu,
				     u64 *values)
{
	s32 *part = percpu_counter_copy_address(memory, cpu);

	values[0] = (s64)READ_ONCE(*part);
	return true;
}

/*
 * As percpu_counter_sum() does, but over all possible CPUs: what a CPU folds
 * into the count meanwhile would be missing from both, or be in both.
 */
static void percpu_counter_read_all(const struct pscope_memory *memory, u64 *values)
{
	struct percpu_counter *fbc = memory->address;
	unsigned long flags;
	unsigned int cpu;

	raw_spin_lock_irqsave(&fbc->lock, flags);
	*values++ = fbc->count;
	for_each_possible_cpu(cpu)
		percpu_counter_read_copy(memory, cpu, values++);
	raw_spin_unlock_irqrestore(&fbc->lock, flags);
}

#define percpu_counter_read_shared	NULL
#else
#define percpu_counter_copy_address	NULL
#define percpu_counter_read_copy	NULL
#define percpu_counter_read_all		NULL

static void percpu_counter_read_shared(const struct pscope_memory *memory, u64 *values)
{
	values[0] = percpu_counter_sum(memory->address);
}
#endif

static void set_percpu_counter(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	percpu_counter_set(memory->address, pscope_value_after(updates, 1, pattern));
}

const struct pscope_kind pscope_kind_percpu_counter = {
	.name = "percpu_counter",
	.fields = pscope_value_field,
	.field_count = 1,
	.size = sizeof(struct percpu_counter),
	.align = __alignof__(struct percpu_counter),
	.unskewed = true,
	/* Without SMP there is nothing to fold. */
	.folds = IS_ENABLED(CONFIG_SMP),
	.idioms = idioms,
	.idiom_count = ARRAY_SIZE(idioms),
	.init = percpu_counter_kind_init,
	.exit = percpu_counter_kind_exit,
	.read_copy = percpu_counter_read_copy,
	.copy_address = percpu_counter_copy_address,
	.read_shared = percpu_counter_read_shared,
	.read_all = percpu_counter_read_all,
	.set = set_percpu_counter,
};
