// SPDX-License-Identifier: GPL-2.0-only
/*
 * The statistics that the kernel makes for network devices, updated by its own calls:
 * struct pcpu_sw_netstats and struct pcpu_lstats. They want a device, which is one of no
 * more than the pointer to them, so there is one counter of each.
 */
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>

#include "all.h"
#include "group.h"

DEFINE_PER_CPU(struct pcpu_sw_netstats, pscope_sw_netstats);
DEFINE_PER_CPU(struct pcpu_lstats, pscope_lstats);

/* Their pointers are a union of struct net_device. */
static struct net_device sw_device, lstats_device;

static void update_sw_netstats(const struct pscope_memory *memory, unsigned long times)
{
	while (times--) {
		/* They leave it to the driver to keep the CPU. */
		preempt_disable();
		dev_sw_netstats_rx_add(&sw_device, PSCOPE_RX_PACKET_BYTES);
		dev_sw_netstats_tx_add(&sw_device, 1, PSCOPE_TX_PACKET_BYTES);
		preempt_enable();
	}
}

static void update_lstats(const struct pscope_memory *memory, unsigned long times)
{
	while (times--) {
		preempt_disable();
		dev_lstats_add(&lstats_device, PSCOPE_RX_PACKET_BYTES);
		preempt_enable();
	}
}

/* As u64_stats_inc is: see u64_stats.c. */
#if BITS_PER_LONG == 64
#define CONSERVED	PSCOPE_LOCAL64
#else
#define CONSERVED	PSCOPE_TASK
#endif

static const struct pscope_idiom sw_idioms[] = {
	{
		.name = "dev_sw_netstats_add",
		.call = "dev_sw_netstats_rx_add(); dev_sw_netstats_tx_add()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_sw_netstats,
		.conserved = CONSERVED,
		.runnable = PSCOPE_ANY,
		.update = update_sw_netstats,
	},
};

static const struct pscope_idiom lstats_idioms[] = {
	{
		.name = "dev_lstats_add",
		.call = "dev_lstats_add(dev, len)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_lstats,
		.conserved = CONSERVED,
		.runnable = PSCOPE_ANY,
		.update = update_lstats,
	},
};

static int sw_netstats_init(const struct pscope_memory *memory)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu(pscope_sw_netstats, cpu).syncp);
	sw_device.tstats = &pscope_sw_netstats;
	return 0;
}

static bool sw_netstats_read_copy(const struct pscope_memory *memory, unsigned int cpu,
				  u64 *values)
{
	const struct pcpu_sw_netstats *stats = per_cpu_ptr(&pscope_sw_netstats, cpu);
	unsigned int start;
	bool begun = pscope_begin_reading(&stats->syncp, &start);

	values[PSCOPE_RX_PACKETS] = u64_stats_read(&stats->rx_packets);
	values[PSCOPE_RX_BYTES] = u64_stats_read(&stats->rx_bytes);
	values[PSCOPE_TX_PACKETS] = u64_stats_read(&stats->tx_packets);
	values[PSCOPE_TX_BYTES] = u64_stats_read(&stats->tx_bytes);
	return begun && !u64_stats_fetch_retry(&stats->syncp, start);
}

static void sw_netstats_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	struct pcpu_sw_netstats *stats;
	unsigned long flags;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(&pscope_sw_netstats, cpu);
#if BITS_PER_LONG == 32
		pscope_make_even(&stats->syncp.seq);
#endif
		local_irq_save(flags);
		u64_stats_update_begin(&stats->syncp);
		u64_stats_set(&stats->rx_packets, pscope_value_after(updates, 1, pattern));
		u64_stats_set(&stats->rx_bytes,
			      pscope_value_after(updates, PSCOPE_RX_PACKET_BYTES, pattern));
		u64_stats_set(&stats->tx_packets, pscope_value_after(updates, 1, pattern));
		u64_stats_set(&stats->tx_bytes,
			      pscope_value_after(updates, PSCOPE_TX_PACKET_BYTES, pattern));
		u64_stats_update_end(&stats->syncp);
		local_irq_restore(flags);
	}
}

const struct pscope_kind pscope_kind_sw_netstats = {
	.name = "pcpu_sw_netstats",
	.fields = pscope_group_fields,
	.field_count = PSCOPE_GROUP_FIELDS,
	.size = sizeof(struct pcpu_sw_netstats),
	.align = __alignof__(struct pcpu_sw_netstats),
	/* Packets that came and those that went are in sections of their own. */
	.unskewed = false,
	.percpu = true,
	.idioms = sw_idioms,
	.idiom_count = ARRAY_SIZE(sw_idioms),
	.init = sw_netstats_init,
	.read_copy = sw_netstats_read_copy,
	.copy_address = pscope_percpu_copy_address,
	.set = sw_netstats_set,
};

enum { PACKETS, BYTES, LSTATS_FIELDS };

static const struct pscope_field lstats_fields[LSTATS_FIELDS] = {
	[PACKETS] = { "packets", 1, 64 },
	[BYTES] = { "bytes", PSCOPE_RX_PACKET_BYTES, 64 },
};

static int lstats_init(const struct pscope_memory *memory)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu(pscope_lstats, cpu).syncp);
	lstats_device.lstats = &pscope_lstats;
	return 0;
}

static bool lstats_read_copy(const struct pscope_memory *memory, unsigned int cpu, u64 *values)
{
	const struct pcpu_lstats *stats = per_cpu_ptr(&pscope_lstats, cpu);
	unsigned int start;
	bool begun = pscope_begin_reading(&stats->syncp, &start);

	values[PACKETS] = u64_stats_read(&stats->packets);
	values[BYTES] = u64_stats_read(&stats->bytes);
	return begun && !u64_stats_fetch_retry(&stats->syncp, start);
}

static void lstats_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	struct pcpu_lstats *stats;
	unsigned long flags;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(&pscope_lstats, cpu);
#if BITS_PER_LONG == 32
		pscope_make_even(&stats->syncp.seq);
#endif
		local_irq_save(flags);
		u64_stats_update_begin(&stats->syncp);
		u64_stats_set(&stats->packets, pscope_value_after(updates, 1, pattern));
		u64_stats_set(&stats->bytes,
			      pscope_value_after(updates, PSCOPE_RX_PACKET_BYTES, pattern));
		u64_stats_update_end(&stats->syncp);
		local_irq_restore(flags);
	}
}

const struct pscope_kind pscope_kind_lstats = {
	.name = "pcpu_lstats",
	.fields = lstats_fields,
	.field_count = LSTATS_FIELDS,
	.size = sizeof(struct pcpu_lstats),
	.align = __alignof__(struct pcpu_lstats),
	.unskewed = BITS_PER_LONG == 32,
	.percpu = true,
	.idioms = lstats_idioms,
	.idiom_count = ARRAY_SIZE(lstats_idioms),
	.init = lstats_init,
	.read_copy = lstats_read_copy,
	.copy_address = pscope_percpu_copy_address,
	.set = lstats_set,
};
