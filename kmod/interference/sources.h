/* SPDX-License-Identifier: GPL-2.0-only */
/* All sources of interference: a generator's place is its source's. */
#ifndef PSCOPE_SOURCES_H
#define PSCOPE_SOURCES_H

#include "source.h"

struct percpu_scope_job;

extern const struct pscope_source * const pscope_sources[];
extern const unsigned int pscope_source_count;

/* Each that has to. */
int pscope_sources_init(void);
void pscope_sources_exit(void);

/* Mask of the contexts that updates can be made in, task included. */
u32 pscope_contexts_supported(void);

/* Has every context issued so many, or will none any more? */
bool pscope_interference_enough(const struct pscope_interference *interference,
				u64 interruptions);
/* What a job is told of it, once it has stopped. */
void pscope_interference_tally(const struct pscope_interference *interference,
			       struct percpu_scope_job *job);

#endif /* PSCOPE_SOURCES_H */
