/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Injection: a kprobe that updates a counter in the middle of a control's
 * update. What it proves is certain, but it is no genuine interrupt.
 */
#ifndef PSCOPE_INJECT_H
#define PSCOPE_INJECT_H

#include <linux/types.h>

struct pscope_counter;

/*
 * The window of the controls, between load and store: long enough for an
 * interrupt to come under emulation, and where the kprobe sits.
 */
void pscope_window(void);

/* For per-CPU u64. -EBUSY: another job injects; and as pscope_probe_register(). */
int pscope_inject_start(struct pscope_counter *counter);
/* Returns how many updates were injected. */
u64 pscope_inject_stop(void);

#endif /* PSCOPE_INJECT_H */
