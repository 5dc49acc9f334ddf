// SPDX-License-Identifier: GPL-2.0-only
/*
 * Correct idioms for per-CPU groups, whose fields belong together: u64_stats
 * and a sequence count of one's own. Each function shows one kernel API as a
 * driver would use it; what it promises stands in its table entry, with the
 * reason.
 */
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/seqlock.h>
#include <linux/u64_stats_sync.h>

#include "counter.h"
#include "idiom.h"
#include "storage.h"

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

#if BITS_PER_LONG == 64
/* u64_stats_t is a local64_t, and its updates are whole without the syncp. */
#define STATS_PLAIN	PSCOPE_LOCAL64
#define STATS_IRQSAVE	PSCOPE_LOCAL64
#else
/* One writer at a time under the syncp, and no NMI is ever kept out. */
#define STATS_PLAIN	PSCOPE_TASK
#define STATS_IRQSAVE	PSCOPE_MASKABLE
#endif

const struct pscope_idiom pscope_group_idioms[] = {
	{
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
		.conserved = PSCOPE_PLAIN_C,
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
	},
};

const unsigned int pscope_group_idiom_count = ARRAY_SIZE(pscope_group_idioms);
