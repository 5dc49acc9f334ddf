/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things lie: CPUs' offsets, __percpu pointers, copies' addresses and
 * nodes, and who may see them raw. No other room may show an address.
 */
#ifndef PSCOPE_PLACEMENT_H
#define PSCOPE_PLACEMENT_H

#include <linux/types.h>

#include "counter.h"

struct file;

/* May the opener of this file see kernel addresses, now? */
bool pscope_raw_allowed(const struct file *file);

/* @base: the lowest __percpu pointer of the static counters. */
int pscope_placement_init(unsigned long base);

/*
 * The __percpu pointer, raw or as a distance, and the flags that say what it is:
 * PERCPU_SCOPE_COUNTER_PERCPU, PERCPU_SCOPE_COUNTER_APART.
 */
u64 pscope_percpu_pointer(const struct pscope_counter *counter, bool raw, u32 *flags);
void pscope_describe_cpu(unsigned int cpu, bool raw, struct percpu_scope_cpu *description);
/* Only for counters that have copies. */
void pscope_describe_copy(const struct pscope_counter *counter, unsigned int cpu,
			  bool raw, struct percpu_scope_copy *description);

#endif /* PSCOPE_PLACEMENT_H */
