// SPDX-License-Identifier: GPL-2.0-only
/*
 * The statistics that the kernel makes for network devices, updated by its own calls:
 * struct pcpu_sw_netstats, pcpu_lstats and pcpu_dstats. They want a device, which is one
 * of no more than the pointer to them, so there is one counter of each.
 */
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/stddef.h>

#include "../all.h"
#include "group.h"
#include "stats.h"

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

/* How each of them is read and set: its layout is the one thing that differs. */
#define STATS_FUNCTIONS(name_)								\
static bool name_##_read_copy(const struct pscope_memory *memory, unsigned int cpu,	\
			      u64 *values)						\
{											\
	return pscope_stats_read(&name_##_layout, per_cpu_ptr(&pscope_##name_, cpu),	\
				 values);						\
}											\
											\
static void name_##_set(const struct pscope_memory *memory, u64 updates, bool pattern)	\
{											\
	pscope_stats_set(&name_##_layout, &pscope_##name_, updates, pattern);		\
}

#define STATS_KIND(name_, type_)							\
	.size = sizeof(type_),								\
	.align = __alignof__(type_),							\
	.percpu = true,									\
	.init = name_##_init,								\
	.read_copy = name_##_read_copy,							\
	.copy_address = pscope_percpu_copy_address,					\
	.set = name_##_set

static const struct pscope_stats_layout sw_netstats_layout = {
	.fields = pscope_group_fields,
	.count = PSCOPE_GROUP_FIELDS,
	.syncp = offsetof(struct pcpu_sw_netstats, syncp),
	.at = {
		[PSCOPE_RX_PACKETS] = offsetof(struct pcpu_sw_netstats, rx_packets),
		[PSCOPE_RX_BYTES] = offsetof(struct pcpu_sw_netstats, rx_bytes),
		[PSCOPE_TX_PACKETS] = offsetof(struct pcpu_sw_netstats, tx_packets),
		[PSCOPE_TX_BYTES] = offsetof(struct pcpu_sw_netstats, tx_bytes),
	},
};

STATS_FUNCTIONS(sw_netstats)

static int sw_netstats_init(const struct pscope_memory *memory)
{
	pscope_stats_init(&sw_netstats_layout, &pscope_sw_netstats);
	sw_device.tstats = &pscope_sw_netstats;
	return 0;
}

const struct pscope_kind pscope_kind_sw_netstats = {
	.name = "pcpu_sw_netstats",
	.fields = pscope_group_fields,
	.field_count = PSCOPE_GROUP_FIELDS,
	/* Packets that came and those that went are in sections of their own. */
	.unskewed = false,
	.idioms = sw_idioms,
	.idiom_count = ARRAY_SIZE(sw_idioms),
	STATS_KIND(sw_netstats, struct pcpu_sw_netstats),
};

enum { PACKETS, BYTES, LSTATS_FIELDS };

static const struct pscope_field lstats_fields[LSTATS_FIELDS] = {
	[PACKETS] = { "packets", 1, 64 },
	[BYTES] = { "bytes", PSCOPE_RX_PACKET_BYTES, 64 },
};

static const struct pscope_stats_layout lstats_layout = {
	.fields = lstats_fields,
	.count = LSTATS_FIELDS,
	.syncp = offsetof(struct pcpu_lstats, syncp),
	.at = {
		[PACKETS] = offsetof(struct pcpu_lstats, packets),
		[BYTES] = offsetof(struct pcpu_lstats, bytes),
	},
};

STATS_FUNCTIONS(lstats)

static int lstats_init(const struct pscope_memory *memory)
{
	pscope_stats_init(&lstats_layout, &pscope_lstats);
	lstats_device.lstats = &pscope_lstats;
	return 0;
}

const struct pscope_kind pscope_kind_lstats = {
	.name = "pcpu_lstats",
	.fields = lstats_fields,
	.field_count = LSTATS_FIELDS,
	.unskewed = BITS_PER_LONG == 32,
	.idioms = lstats_idioms,
	.idiom_count = ARRAY_SIZE(lstats_idioms),
	STATS_KIND(lstats, struct pcpu_lstats),
};

#ifdef PSCOPE_HAS_DSTATS
DEFINE_PER_CPU(struct pcpu_dstats, pscope_dstats);
static struct net_device dstats_device;

/* A packet each way, and one each way that is dropped. */
static void update_dstats(const struct pscope_memory *memory, unsigned long times)
{
	while (times--) {
		preempt_disable();
		dev_dstats_rx_add(&dstats_device, PSCOPE_RX_PACKET_BYTES);
		dev_dstats_tx_add(&dstats_device, PSCOPE_TX_PACKET_BYTES);
		dev_dstats_rx_dropped(&dstats_device);
		dev_dstats_tx_dropped(&dstats_device);
		preempt_enable();
	}
}

static const struct pscope_idiom dstats_idioms[] = {
	{
		.name = "dev_dstats_add",
		.call = "dev_dstats_rx_add(), _tx_add(), _rx_dropped(), _tx_dropped()",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_dstats,
		.conserved = CONSERVED,
		.runnable = PSCOPE_ANY,
		.update = update_dstats,
	},
};

static const struct pscope_field dstats_fields[] = {
	{ "rx_packets", 1, 64 },
	{ "rx_bytes", PSCOPE_RX_PACKET_BYTES, 64 },
	{ "tx_packets", 1, 64 },
	{ "tx_bytes", PSCOPE_TX_PACKET_BYTES, 64 },
	{ "rx_drops", 1, 64 },
	{ "tx_drops", 1, 64 },
};

static const struct pscope_stats_layout dstats_layout = {
	.fields = dstats_fields,
	.count = ARRAY_SIZE(dstats_fields),
	.syncp = offsetof(struct pcpu_dstats, syncp),
	.at = {
		offsetof(struct pcpu_dstats, rx_packets),
		offsetof(struct pcpu_dstats, rx_bytes),
		offsetof(struct pcpu_dstats, tx_packets),
		offsetof(struct pcpu_dstats, tx_bytes),
		offsetof(struct pcpu_dstats, rx_drops),
		offsetof(struct pcpu_dstats, tx_drops),
	},
};

STATS_FUNCTIONS(dstats)

static int dstats_init(const struct pscope_memory *memory)
{
	pscope_stats_init(&dstats_layout, &pscope_dstats);
	dstats_device.dstats = &pscope_dstats;
	return 0;
}

const struct pscope_kind pscope_kind_dstats = {
	.name = "pcpu_dstats",
	.fields = dstats_fields,
	.field_count = ARRAY_SIZE(dstats_fields),
	/* Each of the four calls has a section of its own. */
	.unskewed = false,
	.idioms = dstats_idioms,
	.idiom_count = ARRAY_SIZE(dstats_idioms),
	STATS_KIND(dstats, struct pcpu_dstats),
};
#endif
