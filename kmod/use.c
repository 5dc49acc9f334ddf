// SPDX-License-Identifier: GPL-2.0-only
/*
 * Admission: which work a counter bears together with what is at work on it. It knows
 * idioms by what they promise, and nothing of how or where they run.
 */
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "names.h"
#include "use.h"

void pscope_name_work(const struct pscope_work *work, struct pscope_in_the_way *in_the_way)
{
	char contexts[PSCOPE_CONTEXTS_TEXT];

	pscope_write_contexts(work->contexts, contexts);
	snprintf(in_the_way->name, sizeof(in_the_way->name), "%s in %s%s", work->idiom->name,
		 contexts, work->bh_off ? " with bottom halves off" : "");
}

static void name_calls(const struct pscope_use *use, struct pscope_in_the_way *in_the_way)
{
	snprintf(in_the_way->name, sizeof(in_the_way->name), "calls of %s", use->calls_of);
}

/* A task with bottom halves off, as if it were a context of its own. */
#define TASK_BH_OFF	BIT(PERCPU_SCOPE_CONTEXT_COUNT)

/*
 * The contexts in which @other comes to copies that @idiom updates. Calls to other CPUs
 * update theirs in their interrupts; to each other that is no interference, one interrupt
 * there waits for the next.
 */
static u32 contexts_met(const struct pscope_idiom *idiom, const struct pscope_work *other)
{
	u32 contexts = other->contexts;

	if (other->bh_off && contexts & PSCOPE_TASK)
		contexts ^= PSCOPE_TASK | TASK_BH_OFF;
	return contexts | (other->idiom == idiom ? 0 : other->idiom->elsewhere);
}

/* Is nothing lost of an idiom that is met in these contexts, its own among them? */
static bool conserves(const struct pscope_idiom *idiom, u32 contexts)
{
	/*
	 * Softirqs and tasks that all keep them out come one after the other, as tasks do.
	 * With PREEMPT_RT a softirq is a thread, and need not wait for such a task.
	 */
	if (contexts & TASK_BH_OFF) {
		if (!IS_ENABLED(CONFIG_PREEMPT_RT) && !(contexts & PSCOPE_TASK))
			contexts &= ~PSCOPE_SOFTIRQ;
		contexts &= ~TASK_BH_OFF;
		contexts |= PSCOPE_TASK;
	}
	return !(contexts & ~idiom->conserved);
}

bool pscope_work_conserves(const struct pscope_work *work)
{
	return conserves(work->idiom, contexts_met(work->idiom, work));
}

/* Does an idiom conserve beside all that is promised now, and beside @more? */
static bool keeps_promise(const struct pscope_use *use, const struct pscope_idiom *idiom,
			  const struct pscope_work *more)
{
	u32 contexts = contexts_met(idiom, more);
	const struct pscope_work *other;

	list_for_each_entry(other, &use->at_work, node)
		contexts |= contexts_met(idiom, other);
	return conserves(idiom, contexts);
}

static bool all_keep_promise(const struct pscope_use *use, const struct pscope_work *more)
{
	const struct pscope_work *other;

	list_for_each_entry(other, &use->at_work, node)
		if (!keeps_promise(use, other->idiom, more))
			return false;
	return keeps_promise(use, more->idiom, more);
}

/* The first that is at work, promised or not as asked for. */
static const struct pscope_work *at_work(const struct pscope_use *use, bool promised)
{
	const struct pscope_work *other;

	list_for_each_entry(other, &use->at_work, node)
		if (other->promised == promised)
			return other;
	return NULL;
}

/* Are both whole where nothing else is at work? */
static bool conserve_together(const struct pscope_work *one, const struct pscope_work *other)
{
	return conserves(one->idiom, contexts_met(one->idiom, one) |
				     contexts_met(one->idiom, other)) &&
	       conserves(other->idiom, contexts_met(other->idiom, one) |
				       contexts_met(other->idiom, other));
}

/* The first that cannot be beside @more, alone or with what else there is. */
static const struct pscope_work *opponent(struct pscope_use *use,
					  const struct pscope_work *more)
{
	const struct pscope_work *other;

	list_for_each_entry(other, &use->at_work, node)
		if (!conserve_together(more, other))
			return other;
	return list_first_entry_or_null(&use->at_work, struct pscope_work, node);
}

struct chosen_class {
	const struct pscope_counter *counter;
	enum pscope_kept_out kept_out;
};

static void set_lock_class_here(void *argument)
{
	const struct chosen_class *class = argument;

	class->counter->kind->set_lock_class(&class->counter->memory, smp_processor_id(),
					     class->kept_out);
}

/*
 * An idiom keeps out of its sections what it conserves beside, and a task that turns
 * bottom halves off keeps those out.
 */
static enum pscope_kept_out kept_out_by(const struct pscope_work *work)
{
	if (work->idiom->conserved & PSCOPE_HARDIRQ)
		return PSCOPE_HARDIRQS_OUT;
	return work->bh_off || work->idiom->conserved & PSCOPE_SOFTIRQ ? PSCOPE_SOFTIRQS_OUT :
									 PSCOPE_NOTHING_OUT;
}

/*
 * lockdep has one rule for a class of locks: interrupts take them, or somebody who takes
 * them leaves interrupts on. Which it is for a counter's copies is decided here, before
 * the work that asks for another one begins: what all at work keep out. Each CPU sets its
 * own copy. In a section that this comes into, lockdep knows what is held by its place.
 */
static void choose_lock_class(struct pscope_counter *counter, const struct pscope_work *work)
{
	struct pscope_use *use = &counter->use;
	struct chosen_class class = {
		.counter = counter,
		.kept_out = kept_out_by(work),
	};
	const struct pscope_work *other;
	unsigned int cpu;

	lockdep_assert_held(&use->lock);

	/* Of what is not promised, lockdep is not told: see checkers.h. */
	if (!IS_ENABLED(CONFIG_DEBUG_LOCK_ALLOC) || !counter->kind->set_lock_class ||
	    !work->promised)
		return;
	list_for_each_entry(other, &use->at_work, node)
		class.kept_out = min(class.kept_out, kept_out_by(other));
	if (class.kept_out == use->kept_out)
		return;
	use->kept_out = class.kept_out;
	cpus_read_lock();
	on_each_cpu(set_lock_class_here, &class, true);
	for_each_possible_cpu(cpu)
		if (!cpu_online(cpu))
			counter->kind->set_lock_class(&counter->memory, cpu, class.kept_out);
	cpus_read_unlock();
}

static int admit_locked(struct pscope_counter *counter, struct pscope_work *work, bool finding,
			struct pscope_in_the_way *in_the_way)
{
	struct pscope_use *use = &counter->use;
	const struct pscope_work *other;
	bool spoilt;

	lockdep_assert_held(&use->lock);

	if (use->calls_of) {
		name_calls(use, in_the_way);
		return -EBUSY;
	}
	/* Then findings are at work, if anything: no promise is among them. */
	spoilt = use->spoilt || at_work(use, false);
	work->promised = !spoilt && all_keep_promise(use, work);
	if (spoilt && !finding)
		return -EUCLEAN;
	/* A finding would take from what others are promised. */
	other = at_work(use, true);
	if (!work->promised && (other || !finding)) {
		pscope_name_work(opponent(use, work) ?: work, in_the_way);
		return -EBUSY;
	}
	choose_lock_class(counter, work);
	if (!(work->idiom->flags & PERCPU_SCOPE_IDIOM_PATTERN)) {
		WRITE_ONCE(use->holds_pattern, false);
		/* Before any update: pairs with the verifying reader. */
		smp_wmb();
	}
	list_add(&work->node, &use->at_work);
	return 0;
}

int pscope_use_admit(struct pscope_counter *counter, struct pscope_work *work, bool finding,
		     struct pscope_in_the_way *in_the_way)
{
	int ret = mutex_lock_killable(&counter->use.lock);

	if (ret)
		return ret;
	ret = admit_locked(counter, work, finding, in_the_way);
	mutex_unlock(&counter->use.lock);
	return ret;
}

void pscope_use_leave(struct pscope_counter *counter, struct pscope_work *work, bool ran)
{
	struct pscope_use *use = &counter->use;

	mutex_lock(&use->lock);
	list_del(&work->node);
	if (ran && !work->promised)
		WRITE_ONCE(use->spoilt, true);
	mutex_unlock(&use->lock);
}

int pscope_use_claim(struct pscope_counter *counter, struct pscope_in_the_way *in_the_way)
{
	struct pscope_use *use = &counter->use;
	int ret = mutex_lock_killable(&use->lock);

	if (ret)
		return ret;
	if (!use->calls_of && list_empty(&use->at_work))
		return 0;
	if (use->calls_of)
		name_calls(use, in_the_way);
	else
		pscope_name_work(list_first_entry(&use->at_work, struct pscope_work, node),
				 in_the_way);
	mutex_unlock(&use->lock);
	return -EBUSY;
}

void pscope_use_unclaim(struct pscope_counter *counter)
{
	mutex_unlock(&counter->use.lock);
}

int pscope_use_reset(struct pscope_counter *counter, u64 start, bool pattern,
		     struct pscope_in_the_way *in_the_way)
{
	struct pscope_use *use = &counter->use;
	int ret = pscope_use_claim(counter, in_the_way);

	if (ret)
		return ret;
	pscope_change_begin(use);
	counter->kind->set(&counter->memory, start, pattern);
	/* Of nothing, a sum and a pattern are the same. */
	WRITE_ONCE(use->holds_pattern, pattern || !start);
	WRITE_ONCE(use->spoilt, false);
	pscope_change_end(use);
	pscope_use_unclaim(counter);
	return 0;
}
