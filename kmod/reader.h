/* SPDX-License-Identifier: GPL-2.0-only */
/* Bounded reading of one copy, and the reader that verifies patterns. */
#ifndef PSCOPE_READER_H
#define PSCOPE_READER_H

#include <linux/types.h>

struct percpu_scope_verify;
struct pscope_counter;
struct pscope_storage;

/*
 * Read one CPU's copy, fields together. False if a writer was at work each
 * time: the values are then those of the last attempt. Adds to *retries.
 */
bool pscope_read_copy(const struct pscope_counter *counter, unsigned int cpu,
		      u32 retries_max, u64 *values, u64 *retries);

int pscope_verify(struct percpu_scope_verify *request);

/*
 * The check itself, a function of what was read alone: so many readings of all
 * fields, one after another, and what they add to the result.
 */
void pscope_check_readings(const struct pscope_storage *storage, const u64 *readings,
			   unsigned int count, struct percpu_scope_verify *result);

#endif /* PSCOPE_READER_H */
