/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending from another CPU: a timer there, so that what it sends hits whatever runs on
 * the job's CPU. A timer's own interrupt comes when the timer does; these come at any
 * time. For sources that send.
 */
#ifndef PSCOPE_SENDER_H
#define PSCOPE_SENDER_H

#include "generator.h"

/*
 * Starts the generator's timer, set up to be a hard one, on a CPU that is online and not
 * the job's, if there is one; else on that.
 */
int pscope_sender_start(struct pscope_generator *generator);
/* No more is sent; what was is on its way. */
void pscope_sender_stop(struct pscope_generator *generator);
/* Another takes over, if the sender is the CPU that goes down. */
void pscope_sender_leaves(struct pscope_generator *generator, unsigned int leaving);

#endif /* PSCOPE_SENDER_H */
