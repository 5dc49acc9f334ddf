// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pinned timers whose callbacks run in the context they are for. A hard hrtimer expires
 * in the timer interrupt, on PREEMPT_RT too; a soft one in HRTIMER_SOFTIRQ, which is a
 * thread of the CPU there. A timer of a CPU that goes down would be moved to another one:
 * it is stopped before.
 */
#include <linux/ktime.h>

#include "../compat.h"
#include "source.h"

/*
 * A hard timer stays in the interrupt on PREEMPT_RT, too. Elsewhere every timer
 * that is not soft expires there, but a hard one says that it would on PREEMPT_RT,
 * and lockdep then wants no spinlock_t in it ("Invalid wait context"): an ordinary
 * timer may take one, as an ordinary interrupt handler may.
 */
#ifdef CONFIG_PREEMPT_RT
#define HARDIRQ_MODE	HRTIMER_MODE_REL_PINNED_HARD
#else
#define HARDIRQ_MODE	HRTIMER_MODE_REL_PINNED
#endif

/*
 * When to come again: what is interrupted has as much time as what interrupts it, or
 * the CPU would do nothing else where an update is slow.
 */
static void forward(struct hrtimer *timer, ktime_t period, ktime_t began)
{
	ktime_t now = ktime_get();
	ktime_t took = ktime_sub(now, began);

	if (took > period / 2)
		now = ktime_add(now, took);
	hrtimer_forward(timer, now, period);
}

static enum hrtimer_restart generate(struct hrtimer *timer)
{
	struct pscope_generator *generator =
		container_of(timer, struct pscope_generator, timer);
	ktime_t began = ktime_get();

	pscope_generator_update(generator);
	forward(timer, generator->interference->period, began);
	return HRTIMER_RESTART;
}

static void start(struct pscope_generator *generator, enum hrtimer_mode mode)
{
	hrtimer_setup(&generator->timer, generate, CLOCK_MONOTONIC, mode);
	hrtimer_start(&generator->timer, generator->interference->period, mode);
}

static void start_softirq(struct pscope_generator *generator)
{
	start(generator, HRTIMER_MODE_REL_PINNED_SOFT);
}

static void start_hardirq(struct pscope_generator *generator)
{
	start(generator, HARDIRQ_MODE);
}

static void stop(struct pscope_generator *generator)
{
	hrtimer_cancel(&generator->timer);
}

const struct pscope_source pscope_softirq_timer = {
	.context = PERCPU_SCOPE_CONTEXT_SOFTIRQ,
	.start_here = start_softirq,
	.stop = stop,
};

const struct pscope_source pscope_hardirq_timer = {
	.context = PERCPU_SCOPE_CONTEXT_HARDIRQ,
	.start_here = start_hardirq,
	.stop = stop,
};
