// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of correct idioms. Each function shows one kernel API as a driver
 * would use it; what it promises stands in its table entry, with the reason.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/percpu_counter.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/local64.h>

#include "compat.h"
#include "counter.h"
#include "idiom.h"
#include "storage.h"

static void update_this_cpu_inc(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;

	while (times--)
		this_cpu_inc(*p);
}

static void update_this_cpu_add(struct pscope_counter *counter, unsigned long times)
{
	const u64 amount = counter->storage->fields[0].weight;
	u64 __percpu *p = counter->percpu;

	while (times--)
		this_cpu_add(*p, amount);
}

static void update___this_cpu_inc(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;

	while (times--) {
		preempt_disable();
		__this_cpu_inc(*p);
		preempt_enable();
	}
}

static void update_this_cpu_cmpxchg(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;
	u64 old;

	while (times--) {
		/* The task may migrate in between: then the other CPU's value differs, or suits. */
		do {
			old = this_cpu_read(*p);
		} while (this_cpu_cmpxchg(*p, old, old + 1) != old);
	}
}

static void update_get_cpu_var(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;

	while (times--) {
		get_cpu_var(*p)++;
		put_cpu_var(*p);
	}
}

static void update_get_cpu_ptr(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;

	while (times--) {
		u64 *copy = get_cpu_ptr(p);

		*copy += 1;
		put_cpu_ptr(p);
	}
}

static void update_this_cpu_ptr(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;

	while (times--) {
		preempt_disable();
		*this_cpu_ptr(p) += 1;
		preempt_enable();
	}
}

static void update_local64_inc(struct pscope_counter *counter, unsigned long times)
{
	local64_t __percpu *p = counter->percpu;

	while (times--) {
		/* Local only while this CPU is ours: core-api/local_ops.rst */
		local64_inc(get_cpu_ptr(p));
		put_cpu_ptr(p);
	}
}

static void increment_here(void *p)
{
	this_cpu_inc(*(u64 __percpu *)p);
}

/*
 * The way to change another CPU's copy: have that CPU do it. The next online
 * one, so that with two CPUs each updates the other's.
 */
static void update_remote_call(struct pscope_counter *counter, unsigned long times)
{
	unsigned int cpu;

	while (times--) {
		cpu = raw_smp_processor_id();
		/* -ENXIO if it went down in between: then another one. */
		do {
			cpu = pscope_next_online(cpu);
		} while (smp_call_function_single(cpu, increment_here,
						  (__force void *)counter->percpu, true));
	}
}

static void stats_group_count(struct pscope_stats_group *group)
{
	u64_stats_inc(&group->rx_packets);
	u64_stats_add(&group->rx_bytes, PSCOPE_RX_PACKET_BYTES);
	u64_stats_inc(&group->tx_packets);
	u64_stats_add(&group->tx_bytes, PSCOPE_TX_PACKET_BYTES);
}

static void update_u64_stats(struct pscope_counter *counter, unsigned long times)
{
	struct pscope_stats_group __percpu *p = counter->percpu;

	while (times--) {
		struct pscope_stats_group *group = get_cpu_ptr(p);

		u64_stats_update_begin(&group->syncp);
		stats_group_count(group);
		u64_stats_update_end(&group->syncp);
		put_cpu_ptr(p);
	}
}

static void update_u64_stats_irqsave(struct pscope_counter *counter, unsigned long times)
{
	struct pscope_stats_group __percpu *p = counter->percpu;
	unsigned long flags;

	while (times--) {
		/* On 64-bit _irqsave is empty, and this alone keeps us on the CPU. */
		struct pscope_stats_group *group = get_cpu_ptr(p);

		flags = u64_stats_update_begin_irqsave(&group->syncp);
		stats_group_count(group);
		u64_stats_update_end_irqrestore(&group->syncp, flags);
		put_cpu_ptr(p);
	}
}

static void update_u64_stats_set(struct pscope_counter *counter, unsigned long times)
{
	struct pscope_stats_group __percpu *p = counter->percpu;

	while (times--) {
		struct pscope_stats_group *group = get_cpu_ptr(p);

		u64_stats_update_begin(&group->syncp);
		u64_stats_set(&group->rx_packets,
			      pscope_pattern_next(u64_stats_read(&group->rx_packets), 1));
		u64_stats_set(&group->rx_bytes,
			      pscope_pattern_next(u64_stats_read(&group->rx_bytes),
						  PSCOPE_RX_PACKET_BYTES));
		u64_stats_set(&group->tx_packets,
			      pscope_pattern_next(u64_stats_read(&group->tx_packets), 1));
		u64_stats_set(&group->tx_bytes,
			      pscope_pattern_next(u64_stats_read(&group->tx_bytes),
						  PSCOPE_TX_PACKET_BYTES));
		u64_stats_update_end(&group->syncp);
		put_cpu_ptr(p);
	}
}

static void seqcount_group_count(struct pscope_seqcount_group *group)
{
	group->rx_packets += 1;
	group->rx_bytes += PSCOPE_RX_PACKET_BYTES;
	group->tx_packets += 1;
	group->tx_bytes += PSCOPE_TX_PACKET_BYTES;
}

static void update_write_seqcount(struct pscope_counter *counter, unsigned long times)
{
	struct pscope_seqcount_group __percpu *p = counter->percpu;

	while (times--) {
		/* A reader spins while a preempted writer sleeps: preemption off. */
		struct pscope_seqcount_group *group = get_cpu_ptr(p);

		write_seqcount_begin(&group->seq);
		seqcount_group_count(group);
		write_seqcount_end(&group->seq);
		put_cpu_ptr(p);
	}
}

static void update_write_seqcount_irqsave(struct pscope_counter *counter,
					  unsigned long times)
{
	struct pscope_seqcount_group __percpu *p = counter->percpu;
	struct pscope_seqcount_group *group;
	unsigned long flags;

	while (times--) {
		local_irq_save(flags);
		group = this_cpu_ptr(p);
		write_seqcount_begin(&group->seq);
		seqcount_group_count(group);
		write_seqcount_end(&group->seq);
		local_irq_restore(flags);
	}
}

static void update_write_seqcount_set(struct pscope_counter *counter, unsigned long times)
{
	struct pscope_seqcount_group __percpu *p = counter->percpu;

	while (times--) {
		struct pscope_seqcount_group *group = get_cpu_ptr(p);

		write_seqcount_begin(&group->seq);
		group->rx_packets = pscope_pattern_next(group->rx_packets, 1);
		group->rx_bytes = pscope_pattern_next(group->rx_bytes, PSCOPE_RX_PACKET_BYTES);
		group->tx_packets = pscope_pattern_next(group->tx_packets, 1);
		group->tx_bytes = pscope_pattern_next(group->tx_bytes, PSCOPE_TX_PACKET_BYTES);
		write_seqcount_end(&group->seq);
		put_cpu_ptr(p);
	}
}

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

/*
 * this_cpu operations on a u64: one instruction on x86-64, LL/SC or LSE on
 * arm64; elsewhere, and on all 32-bit kernels, with interrupts off.
 */
#if defined(CONFIG_X86_64) || defined(CONFIG_ARM64)
#define THIS_CPU_U64	PSCOPE_ANY
#else
#define THIS_CPU_U64	PSCOPE_MASKABLE
#endif

/*
 * local64_t is a local_t or an atomic64_t: whole in any context, unless
 * atomic64_t itself is made of spinlocks (lib/atomic64.c).
 */
#ifdef CONFIG_GENERIC_ATOMIC64
#define ATOMIC64	PSCOPE_MASKABLE
#else
#define ATOMIC64	PSCOPE_ANY
#endif

#if BITS_PER_LONG == 64
/* u64_stats_t is a local64_t, and its updates are whole without the syncp. */
#define STATS_PLAIN	PSCOPE_ANY
#define STATS_IRQSAVE	PSCOPE_ANY
#define WORD_UNTORN	PERCPU_SCOPE_IDIOM_UNTORN
#else
/* One writer at a time under the syncp, and no NMI is ever kept out. */
#define STATS_PLAIN	PSCOPE_TASK
#define STATS_IRQSAVE	PSCOPE_MASKABLE
#define WORD_UNTORN	0
#endif

/* With PREEMPT_RT a spinlock_t sleeps: not in hard interrupts. */
#ifdef CONFIG_PREEMPT_RT
#define SPINLOCK	(PSCOPE_TASK | PSCOPE_SOFTIRQ)
#else
#define SPINLOCK	PSCOPE_MASKABLE
#endif

/* Plain C on the copy: whole on some machines, promised on none. */
#define PLAIN_C		PSCOPE_TASK

static const struct pscope_idiom idioms[] = {
	{
		.name = "this_cpu_inc",
		.call = "this_cpu_inc(*p)",
		.flags = WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = update_this_cpu_inc,
	}, {
		.name = "this_cpu_add",
		.call = "this_cpu_add(*p, n)",
		.flags = WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = update_this_cpu_add,
	}, {
		.name = "__this_cpu_inc",
		.call = "preempt_disable(); __this_cpu_inc(*p)",
		.flags = WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update___this_cpu_inc,
	}, {
		.name = "this_cpu_cmpxchg",
		.call = "while (this_cpu_cmpxchg(*p, old, old + 1) != old)",
		.flags = WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = update_this_cpu_cmpxchg,
	}, {
		.name = "get_cpu_var",
		.call = "get_cpu_var(*p)++; put_cpu_var(*p)",
		.flags = WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_get_cpu_var,
	}, {
		.name = "get_cpu_ptr",
		.call = "*get_cpu_ptr(p) += 1; put_cpu_ptr(p)",
		.flags = WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_get_cpu_ptr,
	}, {
		.name = "this_cpu_ptr",
		.call = "preempt_disable(); *this_cpu_ptr(p) += 1",
		.flags = WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_this_cpu_ptr,
	}, {
		.name = "smp_call_this_cpu_inc",
		.call = "smp_call_function_single(other, this_cpu_inc(*p))",
		.flags = WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		/* It waits for the other CPU. */
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_TASK,
		.update = update_remote_call,
	}, {
		.name = "local64_inc",
		.call = "local64_inc(get_cpu_ptr(p)); put_cpu_ptr(p)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(LOCAL64),
		.conserved = ATOMIC64,
		.runnable = ATOMIC64,
		.update = update_local64_inc,
	}, {
		.name = "u64_stats_inc",
		.call = "u64_stats_update_begin(); u64_stats_inc/add()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(U64_STATS),
		.conserved = STATS_PLAIN,
		.runnable = PSCOPE_ANY,
		.update = update_u64_stats,
	}, {
		.name = "u64_stats_inc_irqsave",
		.call = "u64_stats_update_begin_irqsave(); u64_stats_inc/add()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(U64_STATS),
		.conserved = STATS_IRQSAVE,
		.runnable = PSCOPE_ANY,
		.update = update_u64_stats_irqsave,
	}, {
		.name = "u64_stats_set",
		.call = "u64_stats_update_begin(); u64_stats_set()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_PATTERN,
		.storages = PSCOPE_STORES(U64_STATS),
		/* Reads, then sets: not whole, on 64-bit either. */
		.conserved = PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_u64_stats_set,
	}, {
		.name = "write_seqcount",
		.call = "preempt_disable(); write_seqcount_begin()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(SEQCOUNT),
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = update_write_seqcount,
	}, {
		.name = "write_seqcount_irqsave",
		.call = "local_irq_save(); write_seqcount_begin()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(SEQCOUNT),
		.conserved = PSCOPE_MASKABLE,
		.runnable = PSCOPE_ANY,
		.update = update_write_seqcount_irqsave,
	}, {
		.name = "write_seqcount_set",
		.call = "preempt_disable(); write_seqcount_begin(); x = pattern",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_PATTERN,
		.storages = PSCOPE_STORES(SEQCOUNT),
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = update_write_seqcount_set,
	}, {
		.name = "atomic64_inc",
		.call = "atomic64_inc(&v)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(ATOMIC64),
		.conserved = ATOMIC64,
		.runnable = ATOMIC64,
		.update = update_atomic64_inc,
	}, {
		.name = "spin_lock_irqsave",
		.call = "spin_lock_irqsave(&lock, flags); v++",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(SPINLOCK),
		.conserved = SPINLOCK,
		.runnable = SPINLOCK,
		.update = update_spin_lock,
	}, {
		.name = "array_packed",
		.call = "array[get_cpu()]++; put_cpu()",
		.flags = WORD_UNTORN,
		.storages = PSCOPE_STORES(ARRAY_PACKED),
		.conserved = PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_array_packed,
	}, {
		.name = "array_padded",
		.call = "array[get_cpu()].value++; put_cpu()",
		.flags = WORD_UNTORN,
		.storages = PSCOPE_STORES(ARRAY_PADDED),
		.conserved = PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_array_padded,
	}, {
		.name = "percpu_counter_add",
		.call = "percpu_counter_add(&fbc, n)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(PERCPU_COUNTER),
		/* Beyond its batch it takes a raw spinlock. */
		.conserved = PSCOPE_PERCPU_COUNTER_MASKABLE ? PSCOPE_MASKABLE : PLAIN_C,
		.runnable = PSCOPE_MASKABLE,
		.update = update_percpu_counter_add,
	},
};

unsigned int pscope_idiom_count(void)
{
	return ARRAY_SIZE(idioms) + pscope_control_count;
}

const struct pscope_idiom *pscope_idiom_get(u32 id)
{
	if (id < ARRAY_SIZE(idioms))
		return &idioms[id];
	id -= ARRAY_SIZE(idioms);
	return id < pscope_control_count ? &pscope_controls[id] : NULL;
}

void pscope_idiom_describe(u32 id, struct percpu_scope_idiom *description)
{
	const struct pscope_idiom *idiom = pscope_idiom_get(id);

	memset(description, 0, sizeof(*description));
	description->id = id;
	description->flags = idiom->flags;
	description->storages = idiom->storages;
	description->conserved = idiom->conserved;
	description->runnable = idiom->runnable;
	strscpy(description->name, idiom->name, sizeof(description->name));
	strscpy(description->call, idiom->call, sizeof(description->call));
}
