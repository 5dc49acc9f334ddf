/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounded reading: of a copy, and of a counter's fields on all possible CPUs. Everything
 * that shows values goes through here, and sums are made here alone.
 */
#ifndef PSCOPE_READ_H
#define PSCOPE_READ_H

#include <linux/cpumask.h>
#include <linux/types.h>

#include "counter.h"

/*
 * Read one CPU's copy, fields together. False if a writer was at work each
 * time: the values are then those of the last attempt. Adds to *retries.
 */
bool pscope_read_copy(const struct pscope_counter *counter, unsigned int cpu,
		      u32 retries_max, u64 *values, u64 *retries);

/* Values of one record of so many fields: see struct percpu_scope_record. */
static inline size_t pscope_record_values(unsigned int fields)
{
	return (num_possible_cpus() + 2) * fields;
}

/* A buffer for the values of any counter, for kvfree(). */
u64 *pscope_alloc_values(void);
/* Fills the values of one record; returns how many copies were starved. */
u32 pscope_read_counter(const struct pscope_counter *counter, u64 *values);

#endif /* PSCOPE_READ_H */
