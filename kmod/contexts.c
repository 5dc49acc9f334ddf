// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generators: pinned timers whose callbacks run in the context they are for.
 *
 * A hard hrtimer expires in the timer interrupt, on PREEMPT_RT too; a soft one
 * in HRTIMER_SOFTIRQ. A timer of a CPU that goes down would be moved to another
 * one, so the hotplug callback stops all that the CPU has before.
 */
#include <linux/cpuhotplug.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "compat.h"
#include "contexts.h"
#include "counter.h"
#include "idiom.h"

struct cpu_generators {
	struct list_head running;
	bool accepting;		/* between the CPU's coming up and its going down */
};

static DEFINE_PER_CPU(struct cpu_generators, pscope_generators);
/* Start, stop and hotplug, all of which may sleep. */
static DEFINE_MUTEX(generators_lock);
static enum cpuhp_state hotplug_state;

static const struct {
	u32 context;
	enum hrtimer_mode mode;
} timer_kinds[] = {
	{ PERCPU_SCOPE_CONTEXT_SOFTIRQ, HRTIMER_MODE_REL_PINNED_SOFT },
	{ PERCPU_SCOPE_CONTEXT_HARDIRQ, HRTIMER_MODE_REL_PINNED_HARD },
};

u32 pscope_contexts_supported(void)
{
	return PSCOPE_MASKABLE;
}

static enum hrtimer_restart generate(struct hrtimer *timer)
{
	struct pscope_generator *generator =
		container_of(timer, struct pscope_generator, timer);
	struct pscope_interference *interference = generator->interference;

	interference->idiom->update(interference->counter, 1);
	generator->tally++;
	hrtimer_forward_now(timer, interference->period);
	return HRTIMER_RESTART;
}

void pscope_interference_start(struct pscope_interference *interference)
{
	struct cpu_generators *generators;
	unsigned int i;

	INIT_LIST_HEAD(&interference->node);

	mutex_lock(&generators_lock);
	/* A pinned timer goes to the CPU that starts it. */
	preempt_disable();
	interference->cpu = smp_processor_id();
	generators = this_cpu_ptr(&pscope_generators);
	if (!generators->accepting) {
		interference->cpu_went_down = true;
		goto out;
	}
	for (i = 0; i < ARRAY_SIZE(timer_kinds); i++) {
		struct pscope_generator *generator =
			&interference->generators[timer_kinds[i].context];

		if (!(interference->contexts & BIT(timer_kinds[i].context)))
			continue;
		generator->interference = interference;
		hrtimer_setup(&generator->timer, generate, CLOCK_MONOTONIC,
			      timer_kinds[i].mode);
		hrtimer_start(&generator->timer, interference->period,
			      timer_kinds[i].mode);
	}
	list_add(&interference->node, &generators->running);
out:
	preempt_enable();
	mutex_unlock(&generators_lock);
}

static void stop_locked(struct pscope_interference *interference)
{
	unsigned int i;

	lockdep_assert_held(&generators_lock);

	for (i = 0; i < ARRAY_SIZE(timer_kinds); i++)
		if (interference->contexts & BIT(timer_kinds[i].context))
			hrtimer_cancel(&interference->generators[timer_kinds[i].context].timer);
	list_del_init(&interference->node);
}

void pscope_interference_stop(struct pscope_interference *interference)
{
	mutex_lock(&generators_lock);
	if (!list_empty(&interference->node))
		stop_locked(interference);
	mutex_unlock(&generators_lock);
}

static int cpu_came_up(unsigned int cpu)
{
	mutex_lock(&generators_lock);
	per_cpu(pscope_generators, cpu).accepting = true;
	mutex_unlock(&generators_lock);
	return 0;
}

static int cpu_goes_down(unsigned int cpu)
{
	struct cpu_generators *generators = per_cpu_ptr(&pscope_generators, cpu);
	struct pscope_interference *interference, *next;

	mutex_lock(&generators_lock);
	generators->accepting = false;
	list_for_each_entry_safe(interference, next, &generators->running, node) {
		stop_locked(interference);
		interference->cpu_went_down = true;
	}
	mutex_unlock(&generators_lock);
	return 0;
}

int pscope_contexts_init(void)
{
	unsigned int cpu;
	int ret;

	for_each_possible_cpu(cpu)
		INIT_LIST_HEAD(&per_cpu(pscope_generators, cpu).running);

	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "percpu_scope:online",
				cpu_came_up, cpu_goes_down);
	if (ret < 0)
		return ret;
	hotplug_state = ret;
	return 0;
}

void pscope_contexts_exit(void)
{
	cpuhp_remove_state(hotplug_state);
}
