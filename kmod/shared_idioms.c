// SPDX-License-Identifier: GPL-2.0-only
/*
 * Correct idioms for what is used in place of a per-CPU variable: shared values,
 * arrays with an element for each CPU, struct percpu_counter. Each function
 * shows one kernel API as a driver would use it; what it promises stands in its
 * table entry, with the reason.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/percpu_counter.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "compat.h"
#include "counter.h"
#include "idiom.h"
#include "storage.h"

static void update_atomic64_inc(struct pscope_counter *counter, unsigned long times)
{
	atomic64_t *value = counter->memory;

	while (times--)
		atomic64_inc(value);
}

static void update_spin_lock(struct pscope_counter *counter, unsigned long times)
{
	struct pscope_locked_u64 *locked = counter->memory;
	unsigned long flags;

	while (times--) {
		spin_lock_irqsave(&locked->lock, flags);
		locked->value++;
		spin_unlock_irqrestore(&locked->lock, flags);
	}
}

static void update_array_packed(struct pscope_counter *counter, unsigned long times)
{
	u64 *array = counter->memory;

	while (times--) {
		array[get_cpu()]++;
		put_cpu();
	}
}

static void update_array_padded(struct pscope_counter *counter, unsigned long times)
{
	struct pscope_padded_u64 *array = counter->memory;

	while (times--) {
		array[get_cpu()].value++;
		put_cpu();
	}
}

static void update_percpu_counter_add(struct pscope_counter *counter, unsigned long times)
{
	const s64 amount = counter->storage->fields[0].weight;

	while (times--)
		percpu_counter_add(counter->memory, amount);
}

/* With PREEMPT_RT a spinlock_t sleeps: not in hard interrupts. */
#ifdef CONFIG_PREEMPT_RT
#define SPINLOCK	(PSCOPE_TASK | PSCOPE_SOFTIRQ)
#else
#define SPINLOCK	PSCOPE_MASKABLE
#endif

const struct pscope_idiom pscope_shared_idioms[] = {
	{
		.name = "atomic64_inc",
		.call = "atomic64_inc(&v)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(ATOMIC64),
		.conserved = PSCOPE_ATOMIC64,
		.runnable = PSCOPE_ATOMIC64,
		.update = update_atomic64_inc,
	}, {
		.name = "spin_lock_irqsave",
		.sleeps_on_rt = true,
		.call = "spin_lock_irqsave(&lock, flags); v++",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(SPINLOCK),
		.conserved = SPINLOCK,
		.runnable = SPINLOCK,
		.update = update_spin_lock,
	}, {
		.name = "array_packed",
		.call = "array[get_cpu()]++; put_cpu()",
		.storages = PSCOPE_STORES(ARRAY_PACKED),
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_array_packed,
	}, {
		.name = "array_padded",
		.call = "array[get_cpu()].value++; put_cpu()",
		.storages = PSCOPE_STORES(ARRAY_PADDED),
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_array_padded,
	}, {
		.name = "percpu_counter_add",
		.call = "percpu_counter_add(&fbc, n)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(PERCPU_COUNTER),
		/* Beyond its batch it takes a raw spinlock. */
		.conserved = PSCOPE_PERCPU_COUNTER_MASKABLE ? PSCOPE_MASKABLE : PSCOPE_PLAIN_C,
		.runnable = PSCOPE_MASKABLE,
		.update = update_percpu_counter_add,
	},
};

const unsigned int pscope_shared_idiom_count = ARRAY_SIZE(pscope_shared_idioms);
