/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what with a counter now. A promise belongs to the copy and not to a job:
 * what two jobs are promised each for itself is lost if one's interrupts come into the
 * other's load and store. So work is admitted, and what is at work is known.
 */
#ifndef PSCOPE_USE_H
#define PSCOPE_USE_H

#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "counter.h"

/**
 * struct pscope_work - one job's updates
 * @node: of what is at work
 * @idiom: how it updates
 * @contexts: mask of those that it updates in, task context included
 * @bh_off: its task updates with bottom halves off
 * @promised: nothing of it is lost; else it is a finding
 */
struct pscope_work {
	struct list_head node;
	const struct pscope_idiom *idiom;
	u32 contexts;
	bool bh_off;
	bool promised;
};

/* Says who is in the way: for what is told to the user with -EBUSY. */
struct pscope_in_the_way {
	char name[PERCPU_SCOPE_IN_THE_WAY_SIZE];
};

/* Does it lose nothing where nothing else is at work? */
bool pscope_work_conserves(const struct pscope_work *work);

/* Names work as users know it: "this_cpu_inc in task,hardirq". */
void pscope_name_work(const struct pscope_work *work, struct pscope_in_the_way *in_the_way);

/**
 * pscope_use_admit() - begin work on a counter
 * @counter: the counter
 * @work: the work, its idiom and contexts set; says whether it is promised
 * @finding: run it also if nothing is promised of it, which spoils the counter
 * @in_the_way: set with -EBUSY
 *
 * Return: 0; -EBUSY what is at work now and this cannot both keep their promise, or
 * calls are counted; -EUCLEAN the counter is spoilt, and has to be reset before anything
 * is promised again; -EINTR a fatal signal came.
 */
int pscope_use_admit(struct pscope_counter *counter, struct pscope_work *work, bool finding,
		     struct pscope_in_the_way *in_the_way);

/**
 * pscope_use_leave() - end work on a counter
 * @counter: the counter
 * @work: what was admitted
 * @ran: it may have updated; what was refused before it began has spoilt nothing
 */
void pscope_use_leave(struct pscope_counter *counter, struct pscope_work *work, bool ran);

/**
 * pscope_use_claim() - have a counter for oneself, for a moment
 * @counter: the counter
 * @in_the_way: set with -EBUSY
 *
 * Return: 0, and its lock is held until pscope_use_unclaim(); -EBUSY something is at
 * work, or calls are counted; -EINTR a fatal signal came.
 */
int pscope_use_claim(struct pscope_counter *counter, struct pscope_in_the_way *in_the_way);
void pscope_use_unclaim(struct pscope_counter *counter);

/**
 * pscope_use_reset() - give a counter another value, of which everything is promised again
 * @counter: the counter
 * @start: updates that it is to begin with
 * @pattern: as patterns, not as sums
 * @in_the_way: set with -EBUSY
 *
 * Return: 0; or as pscope_use_claim().
 */
int pscope_use_reset(struct pscope_counter *counter, u64 start, bool pattern,
		     struct pscope_in_the_way *in_the_way);

/**
 * pscope_change_begin() - tell readers that what they read from now on means nothing
 * @use: of the counter, claimed
 *
 * Readers hold no lock that would keep a reset waiting. They look at
 * pscope_changes() before and after instead.
 */
static inline void pscope_change_begin(struct pscope_use *use)
{
	lockdep_assert_held(&use->lock);
	WRITE_ONCE(use->changes, use->changes + 1);
	/* Before any change: pairs with pscope_has_changed(). */
	smp_wmb();
}

/**
 * pscope_change_end() - what is read from now on has its meaning again
 * @use: of the counter, claimed
 */
static inline void pscope_change_end(struct pscope_use *use)
{
	/* After any change: pairs with pscope_changes(). */
	smp_wmb();
	WRITE_ONCE(use->changes, use->changes + 1);
}

/* How often the counter has been changed; odd if it is being changed. */
static inline u32 pscope_changes(const struct pscope_use *use)
{
	u32 changes = READ_ONCE(use->changes);

	smp_rmb();	/* before anything of the counter is read */
	return changes;
}

static inline bool pscope_has_changed(const struct pscope_use *use, u32 changes)
{
	smp_rmb();	/* after all that was read */
	return changes & 1 || READ_ONCE(use->changes) != changes;
}

#endif /* PSCOPE_USE_H */
