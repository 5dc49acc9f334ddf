/* SPDX-License-Identifier: GPL-2.0-only */
/* Interference: updates in other contexts of one CPU, while a job runs on it. */
#ifndef PSCOPE_INTERFERENCE_H
#define PSCOPE_INTERFERENCE_H

#include "generator.h"
#include "sources.h"

/* Under 10 us an emulated CPU does nothing but serve timers. */
#define PSCOPE_PERIOD_MIN_NS	10000
#define PSCOPE_PERIOD_MAX_NS	NSEC_PER_SEC

int pscope_interference_init(void);
void pscope_interference_exit(void);

/**
 * pscope_interference_start() - start on the CPU that the caller runs on
 * @interference: what to start, zeroed but for counter, work, period and contexts;
 *	@interference->cpu says where it was
 * @in_the_way: set with -EBUSY
 *
 * Return: 0, or -EBUSY if another job has on that CPU what one only can, or its generators
 * in one of the contexts would together ask for more than one interrupt in
 * PSCOPE_PERIOD_MIN_NS.
 */
int pscope_interference_start(struct pscope_interference *interference,
			      struct pscope_in_the_way *in_the_way);
/* No generator runs once this returns, and the tallies are final. */
void pscope_interference_stop(struct pscope_interference *interference);

#endif /* PSCOPE_INTERFERENCE_H */
