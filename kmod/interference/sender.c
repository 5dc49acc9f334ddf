// SPDX-License-Identifier: GPL-2.0-only
/* Which CPU sends, and its timer. */
#include <linux/cpumask.h>
#include <linux/rcupdate.h>
#include <linux/sched/isolation.h>
#include <linux/smp.h>

#include "../compat.h"
#include "sender.h"

/* On the sender's CPU: a pinned timer goes to the one that starts it. */
static void start_timer(void *argument)
{
	struct pscope_generator *generator = argument;

	hrtimer_start(&generator->timer, generator->interference->period,
		      HRTIMER_MODE_REL_PINNED_HARD);
}

/* Not set apart for somebody who wants to be left alone, by isolcpus= or nohz_full=. */
static bool is_for_all(unsigned int cpu)
{
	bool for_all;

	/* Partitions of cpusets come and go. */
	rcu_read_lock();
	for_all = housekeeping_cpu(cpu, HK_TYPE_TIMER) && housekeeping_cpu(cpu, HK_TYPE_DOMAIN);
	rcu_read_unlock();
	return for_all;
}

/*
 * On any online CPU but the target and one that is going down (-1: none is); on one that
 * is set apart only if there is no other. Each target begins its search behind itself: one
 * CPU that sent for all would have time for nothing else.
 */
static int start_on_another(struct pscope_generator *generator, int leaving)
{
	unsigned int target = generator->interference->cpu;
	unsigned int cpu, sender = target;

	for_each_cpu_wrap(cpu, cpu_online_mask, target + 1) {
		if (cpu == target || cpu == leaving)
			continue;
		if (is_for_all(cpu)) {
			sender = cpu;
			break;
		}
		if (sender == target)
			sender = cpu;
	}
	generator->sender = sender;
	return smp_call_function_single(sender, start_timer, generator, true);
}

int pscope_sender_start(struct pscope_generator *generator)
{
	return start_on_another(generator, -1);
}

void pscope_sender_stop(struct pscope_generator *generator)
{
	hrtimer_cancel(&generator->timer);
}

void pscope_sender_leaves(struct pscope_generator *generator, unsigned int leaving)
{
	if (generator->sender != leaving)
		return;
	hrtimer_cancel(&generator->timer);
	/* It can only fail for a CPU that is offline, and this one's is not. */
	WARN_ON_ONCE(start_on_another(generator, leaving));
}
