/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who exists, under which number and name, and how much of it there may be. It knows no
 * maker of counters and nobody who shows them: the one gives each counter its way to go,
 * the other observes.
 */
#ifndef PSCOPE_REGISTRY_H
#define PSCOPE_REGISTRY_H

#include <linux/types.h>

#include "counter.h"

/**
 * struct pscope_observer - who wants to know of counters
 * @added: a counter was published; under the registry's lock
 * @removed: nobody finds it any more; under the registry's lock. Whoever looked at the
 *	counter on the observer's behalf has stopped when this returns.
 *
 * Neither may call the registry.
 */
struct pscope_observer {
	void (*added)(struct pscope_counter *counter);
	void (*removed)(struct pscope_counter *counter);
};

/* The one there is; told of all counters that exist already. NULL: none any more. */
void pscope_registry_observe(const struct pscope_observer *observer);

/*
 * A counter whose name, origin, kind and size are set takes its name, and its share of
 * what dynamic counters may take, before it is given memory. Nobody finds it until it is
 * published, with memory and description complete; whoever does not publish it, or fails
 * to, cancels. From its publication on a counter may be destroyed: its number is told,
 * and it must not be looked at again.
 */
int pscope_registry_reserve(struct pscope_counter *counter);
int pscope_registry_publish(struct pscope_counter *counter, u32 *number);
void pscope_registry_cancel(struct pscope_counter *counter);
/* By release() of a dynamic counter, which holds its share as long as its memory. */
void pscope_registry_give_back(const struct pscope_counter *counter);
/* -ENOENT; -EPERM a static one. */
int pscope_registry_destroy(u32 number);
/* All temporary counters of a descriptor that is closed. */
void pscope_registry_destroy_owned(const void *owner);
/* All that are left: static ones too. No descriptor is open any more. */
void pscope_registry_clear(void);

/* Both return a counter with a reference, or NULL. */
struct pscope_counter *pscope_counter_get(u32 number);
/* The first from *@number on, which is set to its own. */
struct pscope_counter *pscope_counter_next(unsigned long *number);

/* How many fields a counter has; 0 if it is not there. */
unsigned int pscope_counter_fields(u32 number);

unsigned int pscope_counter_count(void);

/**
 * struct pscope_quota - how much is taken of what dynamic counters may take
 * @counters: how many there are, destroyed ones in use included
 * @counters_max: the most of them
 * @bytes: of their copies on all possible CPUs
 * @bytes_max: the most of them
 */
struct pscope_quota {
	u32 counters;
	u32 counters_max;
	u64 bytes;
	u64 bytes_max;
};

struct pscope_quota pscope_registry_quota(void);

#endif /* PSCOPE_REGISTRY_H */
