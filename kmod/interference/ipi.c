// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPIs: interrupts that another CPU sends, more updates in hardirq context beside the
 * timer's. With one CPU online there are none.
 */
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/smp.h>

#include "../compat.h"
#include "sender.h"
#include "source.h"

/* They are beside the timer's own interrupts, not in place of them. */
#define IPI_PERIODS	4

static void handle(void *argument)
{
	struct pscope_generator *generator = argument;

	/*
	 * The idle loop serves what was sent meanwhile by itself, outside of any interrupt:
	 * what was asked for has not come. It is not misplaced, and not made.
	 */
	if (in_hardirq())
		pscope_generator_update(generator);
	pscope_generator_served(generator);
}

static enum hrtimer_restart send(struct hrtimer *timer)
{
	struct pscope_generator *generator =
		container_of(timer, struct pscope_generator, timer);

	/* If all others have gone down meanwhile, this is no other CPU any more. */
	if (generator->sender != generator->interference->cpu &&
	    pscope_generator_send(generator) &&
	    smp_call_function_single_async(generator->interference->cpu, &generator->csd))
		pscope_generator_not_sent(generator);
	hrtimer_forward_now(timer, IPI_PERIODS * generator->interference->period);
	return HRTIMER_RESTART;
}

/*
 * From another CPU, and not where the idiom takes a spinlock_t: an IPI is a hard
 * interrupt whatever the kernel is, and lockdep wants none in it.
 */
static bool suits(const struct pscope_generator *generator)
{
	return num_online_cpus() > 1 && !generator->interference->work->idiom->sleeps_on_rt;
}

static int start(struct pscope_generator *generator)
{
	INIT_CSD(&generator->csd, handle, generator);
	hrtimer_setup(&generator->timer, send, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	return pscope_sender_start(generator);
}

static void stop(struct pscope_generator *generator)
{
	pscope_sender_stop(generator);
	/* One that is on its way arrives: its CPU is online, and takes interrupts. */
	while (!pscope_generator_is_served(generator))
		cpu_relax();
}

const struct pscope_source pscope_ipi = {
	.context = PERCPU_SCOPE_CONTEXT_HARDIRQ,
	.suits = suits,
	.start = start,
	.stop = stop,
	.cpu_leaves = pscope_sender_leaves,
};
