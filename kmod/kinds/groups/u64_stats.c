// SPDX-License-Identifier: GPL-2.0-only
/*
 * A group for each CPU under u64_stats_sync, as drivers count their packets: on 32-bit
 * kernels a sequence count, on 64-bit ones nothing. Each function shows one kernel API
 * as a driver would use it; what it promises stands in its table entry, with the reason.
 */
#include <linux/bottom_half.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/stddef.h>

#include "../all.h"
#include "group.h"
#include "stats.h"

static void stats_group_count(struct pscope_stats_group *group)
{
	u64_stats_inc(&group->rx_packets);
	u64_stats_add(&group->rx_bytes, PSCOPE_RX_PACKET_BYTES);
	u64_stats_inc(&group->tx_packets);
	u64_stats_add(&group->tx_bytes, PSCOPE_TX_PACKET_BYTES);
}

static void update_u64_stats(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_stats_group __percpu *p = memory->percpu;

	while (times--) {
		struct pscope_stats_group *group = get_cpu_ptr(p);

		u64_stats_update_begin(&group->syncp);
		stats_group_count(group);
		u64_stats_update_end(&group->syncp);
		put_cpu_ptr(p);
	}
}

static void update_u64_stats_irqsave(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_stats_group __percpu *p = memory->percpu;
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

static void update_u64_stats_bh(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_stats_group __percpu *p = memory->percpu;

	while (times--) {
		struct pscope_stats_group *group;

		/* As all of networking does. */
		local_bh_disable();
		group = this_cpu_ptr(p);
		u64_stats_update_begin(&group->syncp);
		stats_group_count(group);
		u64_stats_update_end(&group->syncp);
		local_bh_enable();
	}
}

static void update_u64_stats_set(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_stats_group __percpu *p = memory->percpu;

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

#if BITS_PER_LONG == 64
/* u64_stats_t is a local64_t, and its updates are whole without the syncp. */
#define STATS_PLAIN	PSCOPE_LOCAL64
#define STATS_IRQSAVE	PSCOPE_LOCAL64
#else
/* One writer at a time under the syncp, and no NMI is ever kept out. */
#define STATS_PLAIN	PSCOPE_TASK
#define STATS_IRQSAVE	PSCOPE_MASKABLE
#endif

static const struct pscope_idiom idioms[] = {
	{
		.name = "u64_stats_inc",
		.call = "u64_stats_update_begin(); u64_stats_inc/add()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_u64_stats,
		.conserved = STATS_PLAIN,
		.runnable = PSCOPE_ANY,
		.update = update_u64_stats,
	}, {
		.name = "u64_stats_inc_irqsave",
		.call = "u64_stats_update_begin_irqsave(); u64_stats_inc/add()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_u64_stats,
		.conserved = STATS_IRQSAVE,
		.runnable = PSCOPE_ANY,
		.update = update_u64_stats_irqsave,
	}, {
		.name = "u64_stats_inc_bh",
		.call = "local_bh_disable(); u64_stats_update_begin()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_u64_stats,
		/* With PREEMPT_RT it is the section that keeps the others out, as always. */
		.conserved = PSCOPE_TASK | PSCOPE_SOFTIRQ,
		/* It must not be switched on again where interrupts are off. */
		.runnable = PSCOPE_TASK | PSCOPE_SOFTIRQ,
		.update = update_u64_stats_bh,
	}, {
		.name = "u64_stats_set",
		.call = "u64_stats_update_begin(); u64_stats_set()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_PATTERN,
		.kind = &pscope_kind_u64_stats,
		/* Reads, then sets: not whole, on 64-bit either. */
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_u64_stats_set,
	},
};

#if BITS_PER_LONG == 32
static void stats_set_lock_class(const struct pscope_memory *memory, unsigned int cpu,
				 enum pscope_kept_out kept_out)
{
	static struct lock_class_key keys[PSCOPE_KEPT_OUT_COUNT];
	static const char * const names[] = {
		[PSCOPE_NOTHING_OUT] = "stats_with_nothing_out",
		[PSCOPE_SOFTIRQS_OUT] = "stats_with_softirqs_out",
		[PSCOPE_HARDIRQS_OUT] = "stats_with_hardirqs_out",
	};

	/* Without lockdep there is no map, and nothing is left of this. */
	lockdep_init_map(&pscope_stats_copy(memory, cpu)->syncp.seq.dep_map, names[kept_out],
			 &keys[kept_out], 0);
}

static bool stats_section_open(const struct pscope_memory *memory)
{
	return pscope_is_odd(&pscope_stats_copy(memory, smp_processor_id())->syncp.seq);
}
#else
#define stats_set_lock_class	NULL
#define stats_section_open	NULL
#endif

static int stats_init(const struct pscope_memory *memory)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		u64_stats_init(&pscope_stats_copy(memory, cpu)->syncp);
	return 0;
}

/*
 * u64_stats_fetch_begin() spins while the sequence is odd. A writer that
 * breaks the rules can leave it odd for ever, and a reader must be able to
 * give up, so a 32-bit kernel's seqcount is read without waiting: beginning at
 * an odd one fails in the end, and reads in between all the same, since who
 * gives up hands these values out.
 */
static bool stats_read_copy(const struct pscope_memory *memory, unsigned int cpu, u64 *values)
{
	const struct pscope_stats_group *group = pscope_stats_copy(memory, cpu);
#if BITS_PER_LONG == 32
	unsigned int start = raw_seqcount_begin(&group->syncp.seq);
#endif
	values[PSCOPE_RX_PACKETS] = u64_stats_read(&group->rx_packets);
	values[PSCOPE_RX_BYTES] = u64_stats_read(&group->rx_bytes);
	values[PSCOPE_TX_PACKETS] = u64_stats_read(&group->tx_packets);
	values[PSCOPE_TX_BYTES] = u64_stats_read(&group->tx_bytes);
#if BITS_PER_LONG == 32
	return !read_seqcount_retry(&group->syncp.seq, start);
#else
	return true;
#endif
}

static const struct pscope_stats_layout layout = {
	.fields = pscope_group_fields,
	.count = PSCOPE_GROUP_FIELDS,
	.syncp = offsetof(struct pscope_stats_group, syncp),
	.at = {
		[PSCOPE_RX_PACKETS] = offsetof(struct pscope_stats_group, rx_packets),
		[PSCOPE_RX_BYTES] = offsetof(struct pscope_stats_group, rx_bytes),
		[PSCOPE_TX_PACKETS] = offsetof(struct pscope_stats_group, tx_packets),
		[PSCOPE_TX_BYTES] = offsetof(struct pscope_stats_group, tx_bytes),
	},
};

static void stats_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	pscope_stats_set(&layout, memory->percpu, updates, pattern);
}

static void __percpu *alloc_stats(gfp_t flags)
{
	return flags ? alloc_percpu_gfp(struct pscope_stats_group, flags) :
		       alloc_percpu(struct pscope_stats_group);
}

const struct pscope_kind pscope_kind_u64_stats = {
	.name = "u64_stats",
	.fields = pscope_group_fields,
	.field_count = PSCOPE_GROUP_FIELDS,
	.size = sizeof(struct pscope_stats_group),
	.align = __alignof__(struct pscope_stats_group),
	/* The syncp is empty on 64-bit: include/linux/u64_stats_sync.h */
	.unskewed = BITS_PER_LONG == 32,
	.percpu = true,
	.idioms = idioms,
	.idiom_count = ARRAY_SIZE(idioms),
	.alloc = alloc_stats,
	.init = stats_init,
	.read_copy = stats_read_copy,
	.copy_address = pscope_percpu_copy_address,
	.section_open = stats_section_open,
	.set_lock_class = stats_set_lock_class,
	.set = stats_set,
};
