// SPDX-License-Identifier: GPL-2.0-only
/*
 * One value for all CPUs, in place of a per-CPU variable: an atomic64_t, and a u64 under
 * a spinlock. Each function shows one kernel API as a driver would use it; what it
 * promises stands in its table entry, with the reason.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>

#include "all.h"
#include "shared.h"

static void update_atomic64_inc(const struct pscope_memory *memory, unsigned long times)
{
	atomic64_t *value = memory->address;

	while (times--)
		atomic64_inc(value);
}

static const struct pscope_idiom atomic64_idioms[] = {
	{
		.name = "atomic64_inc",
		.call = "atomic64_inc(&v)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_atomic64,
		.conserved = PSCOPE_ATOMIC64,
		.runnable = PSCOPE_ATOMIC64,
		.update = update_atomic64_inc,
	},
};

static void atomic64_read_shared(const struct pscope_memory *memory, u64 *values)
{
	values[0] = atomic64_read((atomic64_t *)memory->address);
}

static void set_atomic64(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	atomic64_set((atomic64_t *)memory->address, pscope_value_after(updates, 1, pattern));
}

const struct pscope_kind pscope_kind_atomic64 = {
	.name = "atomic64",
	.fields = pscope_value_field,
	.field_count = 1,
	.size = sizeof(atomic64_t),
	.align = __alignof__(atomic64_t),
	.unskewed = true,
	.idioms = atomic64_idioms,
	.idiom_count = ARRAY_SIZE(atomic64_idioms),
	.read_shared = atomic64_read_shared,
	.set = set_atomic64,
};

static void update_spin_lock(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_locked_u64 *locked = memory->address;
	unsigned long flags;

	while (times--) {
		spin_lock_irqsave(&locked->lock, flags);
		locked->value++;
		spin_unlock_irqrestore(&locked->lock, flags);
	}
}

/* With PREEMPT_RT a spinlock_t sleeps: not in hard interrupts. */
#ifdef CONFIG_PREEMPT_RT
#define SPINLOCK	(PSCOPE_TASK | PSCOPE_SOFTIRQ)
#else
#define SPINLOCK	PSCOPE_MASKABLE
#endif

static const struct pscope_idiom spinlock_idioms[] = {
	{
		.name = "spin_lock_irqsave",
		.sleeps_on_rt = true,
		.call = "spin_lock_irqsave(&lock, flags); v++",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_spinlock,
		.conserved = SPINLOCK,
		.runnable = SPINLOCK,
		.update = update_spin_lock,
	},
};

static int locked_init(const struct pscope_memory *memory)
{
	struct pscope_locked_u64 *locked = memory->address;

	spin_lock_init(&locked->lock);
	return 0;
}

static void locked_read_shared(const struct pscope_memory *memory, u64 *values)
{
	struct pscope_locked_u64 *locked = memory->address;
	unsigned long flags;

	spin_lock_irqsave(&locked->lock, flags);
	values[0] = locked->value;
	spin_unlock_irqrestore(&locked->lock, flags);
}

static void locked_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	struct pscope_locked_u64 *locked = memory->address;
	unsigned long flags;

	spin_lock_irqsave(&locked->lock, flags);
	locked->value = pscope_value_after(updates, 1, pattern);
	spin_unlock_irqrestore(&locked->lock, flags);
}

const struct pscope_kind pscope_kind_spinlock = {
	.name = "spinlock",
	.fields = pscope_value_field,
	.field_count = 1,
	.size = sizeof(struct pscope_locked_u64),
	.align = __alignof__(struct pscope_locked_u64),
	.unskewed = true,
	.idioms = spinlock_idioms,
	.idiom_count = ARRAY_SIZE(spinlock_idioms),
	.init = locked_init,
	.read_shared = locked_read_shared,
	.set = locked_set,
};
