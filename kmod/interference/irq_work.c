// SPDX-License-Identifier: GPL-2.0-only
/*
 * irq_work: what an NMI, or the scheduler, leaves to be done in a hard interrupt of the
 * same CPU, as soon as interrupts are on. Queued by a timer's interrupt, right behind
 * which it comes.
 */
#include <linux/irq_work.h>

#include "../compat.h"
#include "source.h"

/* They are beside the timer's own interrupts, not in place of them. */
#define PERIODS	8

static void handle(struct irq_work *work)
{
	pscope_generator_update(container_of(work, struct pscope_generator, irq_work));
}

static enum hrtimer_restart queue(struct hrtimer *timer)
{
	struct pscope_generator *generator =
		container_of(timer, struct pscope_generator, timer);

	/* If the last one is still waiting, that one it is. */
	irq_work_queue(&generator->irq_work);
	hrtimer_forward_now(timer, PERIODS * generator->interference->period);
	return HRTIMER_RESTART;
}

/* It is a hard interrupt on PREEMPT_RT, too, where a spinlock_t sleeps. */
static bool suits(const struct pscope_generator *generator)
{
	return !generator->interference->work->idiom->sleeps_on_rt;
}

static void start_here(struct pscope_generator *generator)
{
	generator->irq_work = IRQ_WORK_INIT_HARD(handle);
	hrtimer_setup(&generator->timer, queue, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&generator->timer, PERIODS * generator->interference->period,
		      HRTIMER_MODE_REL_PINNED_HARD);
}

static void stop(struct pscope_generator *generator)
{
	hrtimer_cancel(&generator->timer);
	irq_work_sync(&generator->irq_work);
}

const struct pscope_source pscope_irq_work = {
	.context = PERCPU_SCOPE_CONTEXT_HARDIRQ,
	.suits = suits,
	.start_here = start_here,
	.stop = stop,
};
