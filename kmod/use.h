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

struct pscope_idiom;

/**
 * struct pscope_use - what is at work on one counter
 * @lock: of all the others; held for as long as a reset or the planting of a probe takes
 * @at_work: of struct pscope_work
 * @changes: odd while a reset or a probe's coming changes the counter
 * @holds_pattern: every update since the last reset was made by a pattern idiom
 * @spoilt: something unpromised has run since the last reset, and is done
 * @counts_calls: a probe updates it, in any context: no job and no reset
 */
struct pscope_use {
	struct mutex lock;	/* of all below */
	struct list_head at_work;
	u32 changes;
	bool holds_pattern;
	bool spoilt;
	bool counts_calls;
};

/**
 * struct pscope_work - one job's updates
 * @node: of what is at work
 * @idiom: how it updates
 * @contexts: mask of those that it updates in, task context included
 * @promised: nothing of it is lost; else it is a finding
 */
struct pscope_work {
	struct list_head node;
	const struct pscope_idiom *idiom;
	u32 contexts;
	bool promised;
};

void pscope_use_init(struct pscope_use *use);

/**
 * pscope_use_admit() - begin work on a counter
 * @use: the counter's
 * @work: the work, its idiom and contexts set; says whether it is promised
 * @finding: run it also if nothing is promised of it, which spoils the counter
 *
 * Return: 0; -EBUSY what is at work now and this cannot both keep their promise, or
 * calls are counted; -EUCLEAN the counter is spoilt, and has to be reset before anything
 * is promised again; -EINTR a fatal signal came.
 */
int pscope_use_admit(struct pscope_use *use, struct pscope_work *work, bool finding);

/**
 * pscope_use_leave() - end work on a counter
 * @use: the counter's
 * @work: what was admitted
 * @ran: it may have updated; what was refused before it began has spoilt nothing
 */
void pscope_use_leave(struct pscope_use *use, struct pscope_work *work, bool ran);

/**
 * pscope_use_claim() - have a counter for oneself, for a moment
 * @use: the counter's
 *
 * Return: 0, and its lock is held until pscope_use_unclaim(); -EBUSY something is at
 * work, or calls are counted; -EINTR a fatal signal came.
 */
int pscope_use_claim(struct pscope_use *use);
void pscope_use_unclaim(struct pscope_use *use);

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
