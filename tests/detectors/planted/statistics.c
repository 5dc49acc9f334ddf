// SPDX-License-Identifier: GPL-2.0-only
/* Faults on purpose: statistics that are not made ready. */
#include <linux/errno.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

#include "faults.h"

struct stats {
	u64_stats_t packets;
	struct u64_stats_sync syncp;
};

/*
 * Per-CPU memory comes zeroed, and zeroes are a sequence that works. Where u64_stats have
 * one, on 32-bit kernels, lockdep sees that it has no key of its own; elsewhere nothing does.
 */
int plant_stats_without_init(void)
{
	struct stats __percpu *all = alloc_percpu(struct stats);
	struct stats *stats;

	if (!all)
		return -ENOMEM;
	stats = get_cpu_ptr(all);
	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->packets);
	u64_stats_update_end(&stats->syncp);
	put_cpu_ptr(all);
	free_percpu(all);
	return 0;
}
