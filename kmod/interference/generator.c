// SPDX-License-Identifier: GPL-2.0-only
/* One update in another context, and when the next may come. */
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "../checkers.h"
#include "generator.h"

/* How many updates of generators are under way on a CPU, each in the midst of the next. */
static DEFINE_PER_CPU(unsigned long, pscope_depth);

static bool runs_in(u32 context)
{
	switch (context) {
	case PERCPU_SCOPE_CONTEXT_NMI:
		return in_nmi();
	case PERCPU_SCOPE_CONTEXT_HARDIRQ:
		return in_hardirq() && !in_nmi();
	case PERCPU_SCOPE_CONTEXT_SOFTIRQ:
		return in_serving_softirq() && !in_hardirq() && !in_nmi();
	default:
		return in_task();
	}
}

void pscope_generator_update(struct pscope_generator *generator)
{
	const struct pscope_interference *interference = generator->interference;
	const struct pscope_counter *counter = interference->counter;
	const struct pscope_work *work = interference->work;

	/* It stays on its CPU: a softirq that is a thread does, too. */
	if (this_cpu_inc_return(pscope_depth) > 1)
		atomic64_inc(&generator->nested);
	if (!runs_in(generator->context))
		atomic64_inc(&generator->misplaced);
	if (counter->kind->section_open && counter->kind->section_open(&counter->memory))
		atomic64_inc(&generator->open_sections);
	if (!work->promised)
		pscope_checkers_off();
	work->idiom->update(&counter->memory, 1);
	if (!work->promised)
		pscope_checkers_on();
	atomic64_inc(&generator->tally);
	this_cpu_dec(pscope_depth);
}

bool pscope_generator_send(struct pscope_generator *generator)
{
	u64 now;

	if (!pscope_generator_is_served(generator))
		return false;
	now = ktime_get_mono_fast_ns();
	/* Signed: what NMIs may read of the time is not in order to the nanosecond. */
	if ((s64)(now - generator->served) < (s64)(generator->served - generator->sent))
		return false;
	generator->sent = now;
	WRITE_ONCE(generator->pending, true);
	/* It must not arrive before it is known to be pending. */
	smp_mb();
	return true;
}

void pscope_generator_not_sent(struct pscope_generator *generator)
{
	WRITE_ONCE(generator->pending, false);
}

void pscope_generator_served(struct pscope_generator *generator)
{
	generator->served = ktime_get_mono_fast_ns();
	/* After all that the handler did: pairs with pscope_generator_is_served(). */
	smp_store_release(&generator->pending, false);
}

bool pscope_generator_is_served(const struct pscope_generator *generator)
{
	/* Before anything that its handler did: pairs with pscope_generator_served(). */
	return !smp_load_acquire(&generator->pending);
}
