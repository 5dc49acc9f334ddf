/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics under u64_stats_sync in structs of whatever order: where the values lie, and
 * what is done with all of them.
 */
#ifndef PSCOPE_STATS_H
#define PSCOPE_STATS_H

#include <linux/stddef.h>

#include "../kind.h"

/**
 * struct pscope_stats_layout - where a struct has its statistics
 * @fields: what they are; as many as the kind has
 * @count: how many
 * @syncp: bytes from the beginning of the struct to its u64_stats_sync
 * @at: the same to each u64_stats_t
 */
struct pscope_stats_layout {
	const struct pscope_field *fields;
	unsigned int count;
	size_t syncp;
	size_t at[PSCOPE_FIELDS_MAX];
};

/* Zeroed memory made usable; lockdep takes all that are made so for one class. */
void pscope_stats_init(const struct pscope_stats_layout *layout, void __percpu *p);
/*
 * One attempt, as drivers read; false if a writer was at work, and what is read may not
 * agree.
 */
bool pscope_stats_read(const struct pscope_stats_layout *layout, const void *copy, u64 *values);
/* Each CPU's copy as after so many updates. Nobody else writes. */
void pscope_stats_set(const struct pscope_stats_layout *layout, void __percpu *p, u64 updates,
		      bool pattern);

#endif /* PSCOPE_STATS_H */
