// SPDX-License-Identifier: GPL-2.0-only
/* Statistics under u64_stats_sync, by where they lie. */
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

#include "group.h"
#include "stats.h"

const struct pscope_field pscope_group_fields[PSCOPE_GROUP_FIELDS] = {
	[PSCOPE_RX_PACKETS] = { "rx_packets", 1, 64 },
	[PSCOPE_RX_BYTES] = { "rx_bytes", PSCOPE_RX_PACKET_BYTES, 64 },
	[PSCOPE_TX_PACKETS] = { "tx_packets", 1, 64 },
	[PSCOPE_TX_BYTES] = { "tx_bytes", PSCOPE_TX_PACKET_BYTES, 64 },
};

static struct u64_stats_sync *syncp_of(const struct pscope_stats_layout *layout, void *copy)
{
	return copy + layout->syncp;
}

static u64_stats_t *value_of(const struct pscope_stats_layout *layout, void *copy,
			     unsigned int field)
{
	return copy + layout->at[field];
}

void pscope_stats_init(const struct pscope_stats_layout *layout, void __percpu *p)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		u64_stats_init(syncp_of(layout, per_cpu_ptr(p, cpu)));
}

bool pscope_stats_read(const struct pscope_stats_layout *layout, const void *copy, u64 *values)
{
	const struct u64_stats_sync *syncp = copy + layout->syncp;
	const u64_stats_t *value;
	unsigned int i, start;
	bool begun = pscope_begin_reading(syncp, &start);

	for (i = 0; i < layout->count; i++) {
		value = copy + layout->at[i];
		values[i] = u64_stats_read(value);
	}
	return begun && !u64_stats_fetch_retry(syncp, start);
}

void pscope_stats_set(const struct pscope_stats_layout *layout, void __percpu *p, u64 updates,
		      bool pattern)
{
	struct u64_stats_sync *syncp;
	unsigned int cpu, i;
	unsigned long flags;
	void *copy;

	for_each_possible_cpu(cpu) {
		copy = per_cpu_ptr(p, cpu);
		syncp = syncp_of(layout, copy);
#if BITS_PER_LONG == 32
		pscope_make_even(&syncp->seq);
#endif
		local_irq_save(flags);
		u64_stats_update_begin(syncp);
		for (i = 0; i < layout->count; i++)
			u64_stats_set(value_of(layout, copy, i),
				      pscope_value_after(updates, layout->fields[i].weight,
							 pattern));
		u64_stats_update_end(syncp);
		local_irq_restore(flags);
	}
}
