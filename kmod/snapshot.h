/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One read of a counter's fields on all possible CPUs. Everything that shows
 * values (the ioctl, debugfs) goes through here, and sums are made here alone.
 */
#ifndef PSCOPE_SNAPSHOT_H
#define PSCOPE_SNAPSHOT_H

#include <linux/cpumask.h>
#include <linux/types.h>

#include "counter.h"
#include "storage.h"

struct percpu_scope_snapshot;

/* Values of one record: see struct percpu_scope_record. */
static inline size_t pscope_record_values(const struct pscope_counter *counter)
{
	return (num_possible_cpus() + 2) * counter->storage->field_count;
}

/* A buffer for the values of any counter, for kvfree(). */
u64 *pscope_alloc_values(void);
/* Fills the values of one record; returns how many copies were starved. */
u32 pscope_read_counter(const struct pscope_counter *counter, u64 *values);

int pscope_snapshot(struct percpu_scope_snapshot *request);

#endif /* PSCOPE_SNAPSHOT_H */
