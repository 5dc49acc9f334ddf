/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One counter: what it is, what is at work on it, and for how long it lives. Who has
 * made it says how it goes.
 */
#ifndef PSCOPE_COUNTER_H
#define PSCOPE_COUNTER_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "kinds/kind.h"

/**
 * struct pscope_use - what is at work on one counter; see use.h
 * @lock: of all the others; held for as long as a reset or the planting of a probe takes
 * @at_work: of struct pscope_work
 * @changes: odd while a reset or a probe's coming changes the counter
 * @holds_pattern: every update since the last reset was made by a pattern idiom
 * @spoilt: something unpromised has run since the last reset, and is done
 * @kept_out: what lockdep is told
 * @calls_of: the function whose calls a probe counts into it, in any context: no job
 *	and no reset. NULL: none.
 */
struct pscope_use {
	struct mutex lock;	/* of all below */
	struct list_head at_work;
	u32 changes;
	bool holds_pattern;
	bool spoilt;
	enum pscope_kept_out kept_out;
	const char *calls_of;
};

/**
 * struct pscope_counter - one counter
 * @ref: whoever looks at it has one
 * @rcu: look-ups under RCU may see it until a grace period after the last reference
 * @reserved: from its reservation to its publication
 * @number: as users know it
 * @origin: static or dynamic
 * @variant: the macro or the call that made it
 * @kind: how it lies in memory
 * @name: as users call it
 * @bytes: of one copy; of the whole if shared
 * @align: bytes, as asked for
 * @memory: where it lies
 * @copies_in_module: its copies are data of the module's own, not of an allocator
 * @owner: of a temporary one: the descriptor that it goes with. NULL: none.
 * @use: what is at work on it
 * @shown: its observer's
 * @release: called with the last reference
 */
struct pscope_counter {
	struct kref ref;
	struct rcu_head rcu;
	struct list_head reserved;
	u32 number;
	u32 origin;
	u32 variant;
	const struct pscope_kind *kind;
	char name[PERCPU_SCOPE_NAME_SIZE];
	size_t bytes;
	size_t align;
	struct pscope_memory memory;
	bool copies_in_module;
	const void *owner;
	struct pscope_use use;
	void *shown;
	void (*release)(struct pscope_counter *counter);
};

/* Makes it usable, once its memory is there; whoever calls this has the first reference. */
void pscope_counter_init(struct pscope_counter *counter);
/* False if its last reference is gone. */
bool pscope_counter_hold(struct pscope_counter *counter);
void pscope_counter_put(struct pscope_counter *counter);

#endif /* PSCOPE_COUNTER_H */
