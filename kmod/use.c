// SPDX-License-Identifier: GPL-2.0-only
/*
 * Admission: which work a counter bears together with what is at work on it. It knows
 * idioms by what they promise, and nothing of how or where they run.
 */
#include <linux/errno.h>

#include "idiom.h"
#include "use.h"

void pscope_use_init(struct pscope_use *use)
{
	mutex_init(&use->lock);
	INIT_LIST_HEAD(&use->at_work);
	use->changes = 0;
	use->holds_pattern = true;
	use->spoilt = false;
	use->counts_calls = false;
}

/*
 * The contexts in which @other comes to copies that @idiom updates. Calls to other CPUs
 * update theirs in their interrupts; to each other that is no interference, one interrupt
 * there waits for the next.
 */
static u32 contexts_met(const struct pscope_idiom *idiom, const struct pscope_work *other)
{
	return other->contexts | (other->idiom == idiom ? 0 : other->idiom->elsewhere);
}

/* Does an idiom conserve beside all that is promised now, and beside @more? */
static bool keeps_promise(const struct pscope_use *use, const struct pscope_idiom *idiom,
			  const struct pscope_work *more)
{
	u32 contexts = contexts_met(idiom, more);
	const struct pscope_work *other;

	list_for_each_entry(other, &use->at_work, node)
		contexts |= contexts_met(idiom, other);
	return !(contexts & ~idiom->conserved);
}

static bool all_keep_promise(const struct pscope_use *use, const struct pscope_work *more)
{
	const struct pscope_work *other;

	list_for_each_entry(other, &use->at_work, node)
		if (!keeps_promise(use, other->idiom, more))
			return false;
	return keeps_promise(use, more->idiom, more);
}

static bool at_work(const struct pscope_use *use, bool promised)
{
	const struct pscope_work *other;

	list_for_each_entry(other, &use->at_work, node)
		if (other->promised == promised)
			return true;
	return false;
}

static int admit_locked(struct pscope_use *use, struct pscope_work *work, bool finding)
{
	bool spoilt;

	lockdep_assert_held(&use->lock);

	if (use->counts_calls)
		return -EBUSY;
	/* Then findings are at work, if anything: no promise is among them. */
	spoilt = use->spoilt || at_work(use, false);
	work->promised = !spoilt && all_keep_promise(use, work);
	if (!work->promised && !finding)
		return spoilt ? -EUCLEAN : -EBUSY;
	/* A finding would take from what others are promised. */
	if (!work->promised && at_work(use, true))
		return -EBUSY;
	if (!(work->idiom->flags & PERCPU_SCOPE_IDIOM_PATTERN)) {
		WRITE_ONCE(use->holds_pattern, false);
		/* Before any update: pairs with the verifying reader. */
		smp_wmb();
	}
	list_add(&work->node, &use->at_work);
	return 0;
}

int pscope_use_admit(struct pscope_use *use, struct pscope_work *work, bool finding)
{
	int ret = mutex_lock_killable(&use->lock);

	if (ret)
		return ret;
	ret = admit_locked(use, work, finding);
	mutex_unlock(&use->lock);
	return ret;
}

void pscope_use_leave(struct pscope_use *use, struct pscope_work *work, bool ran)
{
	mutex_lock(&use->lock);
	list_del(&work->node);
	if (ran && !work->promised)
		WRITE_ONCE(use->spoilt, true);
	mutex_unlock(&use->lock);
}

int pscope_use_claim(struct pscope_use *use)
{
	int ret = mutex_lock_killable(&use->lock);

	if (ret)
		return ret;
	if (!use->counts_calls && list_empty(&use->at_work))
		return 0;
	mutex_unlock(&use->lock);
	return -EBUSY;
}

void pscope_use_unclaim(struct pscope_use *use)
{
	mutex_unlock(&use->lock);
}
