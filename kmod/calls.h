/* SPDX-License-Identifier: GPL-2.0-only */
/* Counting the calls of kernel functions, for as long as a descriptor is open. */
#ifndef PSCOPE_CALLS_H
#define PSCOPE_CALLS_H

#include <linux/list.h>
#include <linux/mutex.h>

struct percpu_scope_count_calls;
struct percpu_scope_stop_calls;

/* What one descriptor counts. */
struct pscope_calls {
	struct mutex lock;	/* of the list */
	struct list_head probes;
};

void pscope_calls_init(struct pscope_calls *calls);
void pscope_calls_exit(struct pscope_calls *calls);

int pscope_calls_count(struct pscope_calls *calls,
		       struct percpu_scope_count_calls *request);
int pscope_calls_stop(struct pscope_calls *calls,
		      struct percpu_scope_stop_calls *request);

#endif /* PSCOPE_CALLS_H */
