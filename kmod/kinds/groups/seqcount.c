// SPDX-License-Identifier: GPL-2.0-only
/*
 * A group for each CPU under a sequence count of its own, consistent on every kernel.
 * Each function shows one kernel API as a driver would use it; what it promises stands
 * in its table entry, with the reason.
 */
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>

#include "../all.h"
#include "group.h"

static void seqcount_group_count(struct pscope_seqcount_group *group)
{
	group->rx_packets += 1;
	group->rx_bytes += PSCOPE_RX_PACKET_BYTES;
	group->tx_packets += 1;
	group->tx_bytes += PSCOPE_TX_PACKET_BYTES;
}

static void update_write_seqcount(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_seqcount_group __percpu *p = memory->percpu;

	while (times--) {
		/* A reader spins while a preempted writer sleeps: preemption off. */
		struct pscope_seqcount_group *group = get_cpu_ptr(p);

		write_seqcount_begin(&group->seq);
		seqcount_group_count(group);
		write_seqcount_end(&group->seq);
		put_cpu_ptr(p);
	}
}

static void update_write_seqcount_irqsave(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_seqcount_group __percpu *p = memory->percpu;
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

static void update_write_seqcount_set(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_seqcount_group __percpu *p = memory->percpu;

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

static const struct pscope_idiom idioms[] = {
	{
		.name = "write_seqcount",
		.call = "preempt_disable(); write_seqcount_begin()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_seqcount,
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = update_write_seqcount,
	}, {
		.name = "write_seqcount_irqsave",
		.call = "local_irq_save(); write_seqcount_begin()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_seqcount,
		.conserved = PSCOPE_MASKABLE,
		.runnable = PSCOPE_ANY,
		.update = update_write_seqcount_irqsave,
	}, {
		.name = "write_seqcount_set",
		.call = "preempt_disable(); write_seqcount_begin(); x = pattern",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_PATTERN,
		.kind = &pscope_kind_seqcount,
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = update_write_seqcount_set,
	},
};

static void seqcount_set_lock_class(const struct pscope_memory *memory, unsigned int cpu,
				    enum pscope_kept_out kept_out)
{
	static struct lock_class_key keys[PSCOPE_KEPT_OUT_COUNT];
	static const char * const names[] = {
		[PSCOPE_NOTHING_OUT] = "seqcount_with_nothing_out",
		[PSCOPE_SOFTIRQS_OUT] = "seqcount_with_softirqs_out",
		[PSCOPE_HARDIRQS_OUT] = "seqcount_with_hardirqs_out",
	};

	/* Without lockdep there is no map, and nothing is left of this. */
	lockdep_init_map(&pscope_seqcount_copy(memory, cpu)->seq.dep_map, names[kept_out],
			 &keys[kept_out], 0);
}

static int seqcount_group_init(const struct pscope_memory *memory)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		seqcount_init(&pscope_seqcount_copy(memory, cpu)->seq);
	return 0;
}

static bool seqcount_read_copy(const struct pscope_memory *memory, unsigned int cpu,
			       u64 *values)
{
	const struct pscope_seqcount_group *group = pscope_seqcount_copy(memory, cpu);
	/* In an open section, too: who gives up hands these values out. */
	unsigned int start = raw_seqcount_begin(&group->seq);

	values[PSCOPE_RX_PACKETS] = group->rx_packets;
	values[PSCOPE_RX_BYTES] = group->rx_bytes;
	values[PSCOPE_TX_PACKETS] = group->tx_packets;
	values[PSCOPE_TX_BYTES] = group->tx_bytes;
	return !read_seqcount_retry(&group->seq, start);
}

static bool seqcount_section_open(const struct pscope_memory *memory)
{
	return pscope_is_odd(&pscope_seqcount_copy(memory, smp_processor_id())->seq);
}

static void seqcount_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	u64 packets = pscope_value_after(updates, 1, pattern);
	u64 rx_bytes = pscope_value_after(updates, PSCOPE_RX_PACKET_BYTES, pattern);
	u64 tx_bytes = pscope_value_after(updates, PSCOPE_TX_PACKET_BYTES, pattern);
	struct pscope_seqcount_group *group;
	unsigned long flags;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		group = pscope_seqcount_copy(memory, cpu);
		pscope_make_even(&group->seq);
		local_irq_save(flags);
		write_seqcount_begin(&group->seq);
		group->rx_packets = packets;
		group->rx_bytes = rx_bytes;
		group->tx_packets = packets;
		group->tx_bytes = tx_bytes;
		write_seqcount_end(&group->seq);
		local_irq_restore(flags);
	}
}

static void __percpu *alloc_seqcount(gfp_t flags)
{
	return flags ? alloc_percpu_gfp(struct pscope_seqcount_group, flags) :
		       alloc_percpu(struct pscope_seqcount_group);
}

const struct pscope_kind pscope_kind_seqcount = {
	.name = "seqcount",
	.fields = pscope_group_fields,
	.field_count = PSCOPE_GROUP_FIELDS,
	.size = sizeof(struct pscope_seqcount_group),
	.align = __alignof__(struct pscope_seqcount_group),
	.unskewed = true,
	.percpu = true,
	.idioms = idioms,
	.idiom_count = ARRAY_SIZE(idioms),
	.alloc = alloc_seqcount,
	.init = seqcount_group_init,
	.read_copy = seqcount_read_copy,
	.copy_address = pscope_percpu_copy_address,
	.section_open = seqcount_section_open,
	.set_lock_class = seqcount_set_lock_class,
	.set = seqcount_set,
};
