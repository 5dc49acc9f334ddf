/* SPDX-License-Identifier: GPL-2.0-only */
/* Statistics of a driver with a receiving and a sending ring for each CPU. */
#ifndef PSCOPE_RINGS_H
#define PSCOPE_RINGS_H

#include <linux/u64_stats_sync.h>

struct pscope_ring_stats {
	u64_stats_t packets;
	u64_stats_t bytes;
	struct u64_stats_sync syncp;
};

/* Softirqs write rx, tasks write tx. */
struct pscope_rings {
	struct pscope_ring_stats rx;
	struct pscope_ring_stats tx;
};

#endif /* PSCOPE_RINGS_H */
