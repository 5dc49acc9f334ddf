/* SPDX-License-Identifier: GPL-2.0-only */
/* Sources of interference: each one file of this folder, and one entry in the table. */
#ifndef PSCOPE_SOURCE_H
#define PSCOPE_SOURCE_H

#include "generator.h"

/**
 * struct pscope_source - one way to have updates come in another context
 * @context: which, enum percpu_scope_context
 * @init: once, when the module comes up. NULL: nothing is to be done.
 * @exit: once, when it goes. NULL: nothing is to be done.
 * @supported: can this machine? NULL: all can.
 * @suits: can it be used for this generator? It may be left out: its context has another
 *	source. NULL: always.
 * @taken: who has it on this CPU, where only one job can; NULL if nobody has. NULL: any
 *	number can.
 * @start_here: on the job's CPU, preemption off. NULL: nothing is to be done there.
 * @start: from anywhere; CPUs neither come nor go. NULL: nothing is to be done.
 * @stop: nothing of it is under way any more when this returns, and its tally is final
 * @cpu_leaves: another CPU than the job's goes down. NULL: it does not care.
 *
 * Starting, stopping and leaving are under one lock for each CPU that is interrupted.
 */
struct pscope_source {
	u32 context;
	int (*init)(void);
	void (*exit)(void);
	bool (*supported)(void);
	bool (*suits)(const struct pscope_generator *generator);
	const struct pscope_interference *(*taken)(unsigned int cpu);
	void (*start_here)(struct pscope_generator *generator);
	int (*start)(struct pscope_generator *generator);
	void (*stop)(struct pscope_generator *generator);
	void (*cpu_leaves)(struct pscope_generator *generator, unsigned int leaving);
};

extern const struct pscope_source pscope_softirq_timer;
extern const struct pscope_source pscope_hardirq_timer;
extern const struct pscope_source pscope_ipi;
extern const struct pscope_source pscope_irq_work;
extern const struct pscope_source pscope_nmi;

#endif /* PSCOPE_SOURCE_H */
