// SPDX-License-Identifier: GPL-2.0-only
/*
 * A u64 for each CPU under a local_lock_t: one that says whose preemption, interrupts or,
 * on PREEMPT_RT, tasks are kept out, and of what. Whoever takes it with interrupts on
 * takes it so always, hence two kinds.
 */
#include <linux/bottom_half.h>
#include <linux/kernel.h>
#include <linux/percpu.h>

#include "all.h"
#include "local_lock.h"

static void update_local_lock(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_local_locked __percpu *p = memory->percpu;

	while (times--) {
		local_lock(&p->lock);
		this_cpu_ptr(p)->value++;
		local_unlock(&p->lock);
	}
}

static void update_local_lock_irqsave(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_local_locked __percpu *p = memory->percpu;
	unsigned long flags;

	while (times--) {
		local_lock_irqsave(&p->lock, flags);
		this_cpu_ptr(p)->value++;
		local_unlock_irqrestore(&p->lock, flags);
	}
}

#ifdef PSCOPE_HAS_NESTED_BH
static void update_local_lock_nested_bh(const struct pscope_memory *memory,
					unsigned long times)
{
	struct pscope_local_locked __percpu *p = memory->percpu;

	while (times--) {
		/* What this keeps out it keeps out alone; with PREEMPT_RT the lock does. */
		local_bh_disable();
		local_lock_nested_bh(&p->lock);
		this_cpu_ptr(p)->value++;
		local_unlock_nested_bh(&p->lock);
		local_bh_enable();
	}
}
#endif

/*
 * With PREEMPT_RT it is a spinlock_t, which sleeps and keeps out whoever may take it. With
 * CONFIG_DEBUG_LOCK_ALLOC it has an owner, and who finds it held turns lockdep off for good,
 * which lockdep_off() does not prevent: it is not run where it may be found so.
 */
#ifdef CONFIG_PREEMPT_RT
#define LOCK		(PSCOPE_TASK | PSCOPE_SOFTIRQ)
#define LOCK_IRQSAVE	(PSCOPE_TASK | PSCOPE_SOFTIRQ)
#define LOCK_RUNS	(PSCOPE_TASK | PSCOPE_SOFTIRQ)
#elif defined(CONFIG_DEBUG_LOCK_ALLOC)
#define LOCK		PSCOPE_TASK
#define LOCK_IRQSAVE	PSCOPE_MASKABLE
#define LOCK_RUNS	PSCOPE_TASK
#else
#define LOCK		PSCOPE_TASK
#define LOCK_IRQSAVE	PSCOPE_MASKABLE
#define LOCK_RUNS	PSCOPE_MASKABLE
#endif

static const struct pscope_idiom lock_idioms[] = {
	{
		.name = "local_lock",
		.call = "local_lock(&p->lock); this_cpu_ptr(p)->v++",
		.kind = &pscope_kind_local_lock,
		.conserved = LOCK,
		.runnable = LOCK_RUNS,
		.sleeps_on_rt = true,
		.update = update_local_lock,
	},
};

static const struct pscope_idiom irqsave_idioms[] = {
	{
		.name = "local_lock_irqsave",
		.call = "local_lock_irqsave(&p->lock, flags); this_cpu_ptr(p)->v++",
		.kind = &pscope_kind_local_lock_irqsave,
		.conserved = LOCK_IRQSAVE,
		.runnable = LOCK_IRQSAVE,
		.sleeps_on_rt = true,
		.update = update_local_lock_irqsave,
	},
};

#ifdef PSCOPE_HAS_NESTED_BH
static const struct pscope_idiom nested_bh_idioms[] = {
	{
		.name = "local_lock_nested_bh",
		.call = "local_lock_nested_bh(&p->lock); this_cpu_ptr(p)->v++",
		.kind = &pscope_kind_local_lock_nested_bh,
		.conserved = PSCOPE_TASK | PSCOPE_SOFTIRQ,
		.runnable = PSCOPE_TASK | PSCOPE_SOFTIRQ,
		.sleeps_on_rt = true,
		.update = update_local_lock_nested_bh,
	},
};
#endif

static struct pscope_local_locked *copy_of(const struct pscope_memory *memory, unsigned int cpu)
{
	return per_cpu_ptr((struct pscope_local_locked __percpu *)memory->percpu, cpu);
}

/* A place for each, and so a class of locks of its own for lockdep. */
static int lock_init(const struct pscope_memory *memory)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		local_lock_init(&copy_of(memory, cpu)->lock);
	return 0;
}

static int lock_irqsave_init(const struct pscope_memory *memory)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		local_lock_init(&copy_of(memory, cpu)->lock);
	return 0;
}

#ifdef PSCOPE_HAS_NESTED_BH
static int lock_nested_bh_init(const struct pscope_memory *memory)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		local_lock_init(&copy_of(memory, cpu)->lock);
	return 0;
}
#endif

static bool locked_read_copy(const struct pscope_memory *memory, unsigned int cpu, u64 *values)
{
	/* Another CPU's lock is not to be had. */
	values[0] = READ_ONCE(copy_of(memory, cpu)->value);
	return true;
}

static void locked_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(copy_of(memory, cpu)->value,
			   pscope_value_after(updates, 1, pattern));
}

static void __percpu *alloc_locked(gfp_t flags)
{
	return flags ? alloc_percpu_gfp(struct pscope_local_locked, flags) :
		       alloc_percpu(struct pscope_local_locked);
}

#define LOCAL_LOCK_KIND							\
	.fields = pscope_value_field,					\
	.field_count = 1,						\
	.size = sizeof(struct pscope_local_locked),				\
	.align = __alignof__(struct pscope_local_locked),			\
	.unskewed = true,						\
	.percpu = true,							\
	.alloc = alloc_locked,						\
	.read_copy = locked_read_copy,					\
	.copy_address = pscope_percpu_copy_address,			\
	.set = locked_set

const struct pscope_kind pscope_kind_local_lock = {
	.name = "local_lock",
	.idioms = lock_idioms,
	.idiom_count = ARRAY_SIZE(lock_idioms),
	.init = lock_init,
	LOCAL_LOCK_KIND,
};

const struct pscope_kind pscope_kind_local_lock_irqsave = {
	.name = "local_lock_irqsave",
	.idioms = irqsave_idioms,
	.idiom_count = ARRAY_SIZE(irqsave_idioms),
	.init = lock_irqsave_init,
	LOCAL_LOCK_KIND,
};

#ifdef PSCOPE_HAS_NESTED_BH
const struct pscope_kind pscope_kind_local_lock_nested_bh = {
	.name = "local_lock_nested_bh",
	.idioms = nested_bh_idioms,
	.idiom_count = ARRAY_SIZE(nested_bh_idioms),
	.init = lock_nested_bh_init,
	LOCAL_LOCK_KIND,
};
#endif
