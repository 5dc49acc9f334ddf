// SPDX-License-Identifier: GPL-2.0-only
/*
 * A group for each CPU in two parts, each under a u64_stats_sync of its own: what a driver
 * does whose receiving half counts in softirqs and whose sending half in tasks, which may
 * be interrupted by the former. One syncp for both would have two writers.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/stddef.h>

#include "../all.h"
#include "group.h"
#include "rings.h"

static struct pscope_ring_stats *ring_here(const struct pscope_memory *memory)
{
	struct pscope_rings *rings =
		this_cpu_ptr((struct pscope_rings __percpu *)memory->percpu);

	return in_task() ? &rings->tx : &rings->rx;
}

static void update_rings(const struct pscope_memory *memory, unsigned long times)
{
	while (times--) {
		struct pscope_ring_stats *ring;

		preempt_disable();
		ring = ring_here(memory);
		u64_stats_update_begin(&ring->syncp);
		u64_stats_inc(&ring->packets);
		u64_stats_add(&ring->bytes, PSCOPE_RX_PACKET_BYTES);
		u64_stats_update_end(&ring->syncp);
		preempt_enable();
	}
}

static const struct pscope_idiom idioms[] = {
	{
		.name = "u64_stats_rings",
		.call = "u64_stats_update_begin(in_task() ? &tx->syncp : &rx->syncp)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_u64_stats_rings,
#if BITS_PER_LONG == 64
		.conserved = PSCOPE_LOCAL64,
#else
		/* A hard interrupt would be a second writer of what softirqs write. */
		.conserved = PSCOPE_TASK | PSCOPE_SOFTIRQ,
#endif
		.runnable = PSCOPE_ANY,
		.update = update_rings,
	},
};

enum { PACKETS, BYTES, FIELDS };

static const struct pscope_field fields[FIELDS] = {
	[PACKETS] = { "packets", 1, 64 },
	[BYTES] = { "bytes", PSCOPE_RX_PACKET_BYTES, 64 },
};

static struct pscope_rings *copy_of(const struct pscope_memory *memory, unsigned int cpu)
{
	return per_cpu_ptr((struct pscope_rings __percpu *)memory->percpu, cpu);
}

static int rings_init(const struct pscope_memory *memory)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		/* Two places, and so two classes for lockdep. */
		u64_stats_init(&copy_of(memory, cpu)->rx.syncp);
		u64_stats_init(&copy_of(memory, cpu)->tx.syncp);
	}
	return 0;
}

/* What is read is added to the values: a section's fields agree, and so do their sums. */
static bool add_ring(const struct pscope_ring_stats *ring, u64 *values)
{
	struct {
		u64_stats_t packets;
		u64_stats_t bytes;
	} seen;
	unsigned int start;
	bool begun = pscope_begin_reading(&ring->syncp, &start);
	bool whole;

	/* Both from where the first one is. */
	BUILD_BUG_ON(offsetof(struct pscope_ring_stats, packets) ||
		     offsetof(struct pscope_ring_stats, bytes) != sizeof(u64_stats_t));
	pscope_u64_stats_copy(&seen, ring, sizeof(seen));
	whole = begun && !u64_stats_fetch_retry(&ring->syncp, start);
	values[PACKETS] += u64_stats_read(&seen.packets);
	values[BYTES] += u64_stats_read(&seen.bytes);
	return whole;
}

static bool rings_read_copy(const struct pscope_memory *memory, unsigned int cpu, u64 *values)
{
	const struct pscope_rings *rings = copy_of(memory, cpu);
	bool rx_whole;

	values[PACKETS] = 0;
	values[BYTES] = 0;
	rx_whole = add_ring(&rings->rx, values);
	return add_ring(&rings->tx, values) && rx_whole;
}

static void set_ring(struct pscope_ring_stats *ring, u64 packets, u64 bytes)
{
	unsigned long flags;

#if BITS_PER_LONG == 32
	pscope_make_even(&ring->syncp.seq);
#endif
	local_irq_save(flags);
	u64_stats_update_begin(&ring->syncp);
	u64_stats_set(&ring->packets, packets);
	u64_stats_set(&ring->bytes, bytes);
	u64_stats_update_end(&ring->syncp);
	local_irq_restore(flags);
}

static void rings_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		set_ring(&copy_of(memory, cpu)->rx, 0, 0);
		set_ring(&copy_of(memory, cpu)->tx, pscope_value_after(updates, 1, pattern),
			 pscope_value_after(updates, PSCOPE_RX_PACKET_BYTES, pattern));
	}
}

#if BITS_PER_LONG == 32
/* Of either: who reads, reads both. */
static bool rings_section_open(const struct pscope_memory *memory)
{
	const struct pscope_rings *rings = copy_of(memory, smp_processor_id());

	return pscope_is_odd(&rings->rx.syncp.seq) || pscope_is_odd(&rings->tx.syncp.seq);
}
#else
#define rings_section_open	NULL
#endif

static void __percpu *alloc_rings(gfp_t flags)
{
	return flags ? alloc_percpu_gfp(struct pscope_rings, flags) :
		       alloc_percpu(struct pscope_rings);
}

const struct pscope_kind pscope_kind_u64_stats_rings = {
	.name = "u64_stats_rings",
	.fields = fields,
	.field_count = FIELDS,
	.size = sizeof(struct pscope_rings),
	.align = __alignof__(struct pscope_rings),
	.unskewed = BITS_PER_LONG == 32,
	.percpu = true,
	.idioms = idioms,
	.idiom_count = ARRAY_SIZE(idioms),
	.alloc = alloc_rings,
	.init = rings_init,
	.read_copy = rings_read_copy,
	.copy_address = pscope_percpu_copy_address,
	.section_open = rings_section_open,
	.set = rings_set,
};
