// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of sources, and what holds for all of them: one budget for each CPU, and none
 * on a CPU that goes down, whose timers would be moved to another.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "../init_step.h"
#include "interference.h"
#include "source.h"

static const struct pscope_source * const sources[] = {
	&pscope_softirq_timer,
	&pscope_hardirq_timer,
	&pscope_ipi,
	&pscope_irq_work,
#ifdef CONFIG_X86_LOCAL_APIC
	&pscope_nmi,
#endif
};

static_assert(ARRAY_SIZE(sources) <= PSCOPE_SOURCES_MAX);

struct cpu_generators {
	struct list_head running;	/* of struct pscope_interference */
	bool accepting;		/* between the CPU's coming up and its going down */
};

static DEFINE_PER_CPU(struct cpu_generators, pscope_generators);
/* Start, stop and hotplug, all of which may sleep. */
static DEFINE_MUTEX(generators_lock);
static enum cpuhp_state hotplug_state;

static bool is_supported(const struct pscope_source *source)
{
	return !source->supported || source->supported();
}

u32 pscope_contexts_supported(void)
{
	u32 contexts = PSCOPE_TASK;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		if (is_supported(sources[i]))
			contexts |= BIT(sources[i]->context);
	return contexts;
}

/* In a second; periods have a least and a greatest that fit. */
static unsigned long asked_for(const struct pscope_interference *interference, u32 context)
{
	if (!(interference->contexts & BIT(context)))
		return 0;
	return NSEC_PER_SEC / (u32)ktime_to_ns(interference->period);
}

/* Do the generators of a CPU leave room for those of another job? Each context's. */
static const struct pscope_interference *
is_too_often(const struct cpu_generators *generators,
	     const struct pscope_interference *interference)
{
	const struct pscope_interference *other;
	unsigned int context;

	for (context = 0; context < PERCPU_SCOPE_CONTEXT_COUNT; context++) {
		unsigned long asked = asked_for(interference, context);

		if (!asked)
			continue;
		list_for_each_entry(other, &generators->running, node) {
			asked += asked_for(other, context);
			if (asked > NSEC_PER_SEC / PSCOPE_PERIOD_MIN_NS)
				return other;
		}
	}
	return NULL;
}

/* What a job on this CPU cannot be beside. */
static const struct pscope_interference *
opponent(const struct pscope_interference *interference)
{
	const struct pscope_interference *other;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		if (!(interference->contexts & BIT(sources[i]->context)) || !sources[i]->taken)
			continue;
		other = sources[i]->taken(interference->cpu);
		if (other)
			return other;
	}
	return is_too_often(this_cpu_ptr(&pscope_generators), interference);
}

static bool is_wanted(const struct pscope_interference *interference, unsigned int source)
{
	if (!(interference->contexts & BIT(sources[source]->context)))
		return false;
	return !sources[source]->suits ||
	       sources[source]->suits(&interference->generators[source]);
}

static void stop_locked(struct pscope_interference *interference)
{
	unsigned int i;

	lockdep_assert_held(&generators_lock);

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		struct pscope_generator *generator = &interference->generators[i];

		if (generator->running)
			sources[i]->stop(generator);
		generator->running = false;
	}
	list_del_init(&interference->node);
}

/* A pinned timer goes to the CPU that starts it. */
static void start_here(struct pscope_interference *interference)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		struct pscope_generator *generator = &interference->generators[i];

		if (!sources[i]->start_here || !is_wanted(interference, i))
			continue;
		sources[i]->start_here(generator);
		generator->running = true;
	}
}

static int start_others(struct pscope_interference *interference)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		struct pscope_generator *generator = &interference->generators[i];

		if (!sources[i]->start || !is_wanted(interference, i))
			continue;
		ret = sources[i]->start(generator);
		if (ret)
			return ret;
		generator->running = true;
	}
	return 0;
}

static int start_locked(struct pscope_interference *interference,
			struct pscope_in_the_way *in_the_way)
{
	const struct pscope_interference *other;
	struct cpu_generators *generators;
	int ret;

	lockdep_assert_held(&generators_lock);

	preempt_disable();
	interference->cpu = smp_processor_id();
	generators = this_cpu_ptr(&pscope_generators);
	/* Before any timer: a job that is refused must not have updated. */
	other = opponent(interference);
	if (other) {
		pscope_name_work(other->work, in_the_way);
		preempt_enable();
		return -EBUSY;
	}
	interference->cpu_went_down = !generators->accepting;
	if (!interference->cpu_went_down) {
		start_here(interference);
		list_add(&interference->node, &generators->running);
	}
	preempt_enable();
	if (interference->cpu_went_down)
		return 0;
	/*
	 * The target may be going down by now, but its callback waits for the
	 * lock and stops what it finds.
	 */
	ret = start_others(interference);
	if (ret)
		stop_locked(interference);
	return ret;
}

int pscope_interference_start(struct pscope_interference *interference,
			      struct pscope_in_the_way *in_the_way)
{
	unsigned int i;
	int ret;

	INIT_LIST_HEAD(&interference->node);
	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		interference->generators[i].interference = interference;
		interference->generators[i].context = sources[i]->context;
	}
	/* What is sent comes from another CPU, which must not go away meanwhile. */
	cpus_read_lock();
	mutex_lock(&generators_lock);
	ret = start_locked(interference, in_the_way);
	mutex_unlock(&generators_lock);
	cpus_read_unlock();
	return ret;
}

void pscope_interference_stop(struct pscope_interference *interference)
{
	mutex_lock(&generators_lock);
	if (!list_empty(&interference->node))
		stop_locked(interference);
	mutex_unlock(&generators_lock);
}

static u64 tally_of(const struct pscope_interference *interference, u32 context)
{
	u64 tally = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		if (sources[i]->context == context)
			tally += atomic64_read(&interference->generators[i].tally);
	return tally;
}

bool pscope_interference_enough(const struct pscope_interference *interference,
				u64 interruptions)
{
	u32 context;

	if (READ_ONCE(interference->cpu_went_down))
		return true;
	for (context = 0; context < PERCPU_SCOPE_CONTEXT_COUNT; context++)
		if (interference->contexts & BIT(context) &&
		    tally_of(interference, context) < interruptions)
			return false;
	return true;
}

void pscope_interference_tally(const struct pscope_interference *interference,
			       struct percpu_scope_job *job)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		const struct pscope_generator *generator = &interference->generators[i];
		u64 tally = atomic64_read(&generator->tally);

		job->tally[sources[i]->context] += tally;
		job->open_sections += atomic64_read(&generator->open_sections);
		job->nested += atomic64_read(&generator->nested);
		if (sources[i] == &pscope_ipi)
			job->ipis = tally;
		if (sources[i] == &pscope_irq_work)
			job->irq_works = tally;
		if (atomic64_read(&generator->misplaced))
			job->outcome |= PERCPU_SCOPE_OUTCOME_MISPLACED;
	}
	if (interference->cpu_went_down)
		job->outcome |= PERCPU_SCOPE_OUTCOME_CPU_WENT_DOWN;
}

static int cpu_came_up(unsigned int cpu)
{
	mutex_lock(&generators_lock);
	per_cpu(pscope_generators, cpu).accepting = true;
	mutex_unlock(&generators_lock);
	return 0;
}

static void cpu_leaves(struct pscope_interference *interference, unsigned int leaving)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		if (interference->generators[i].running && sources[i]->cpu_leaves)
			sources[i]->cpu_leaves(&interference->generators[i], leaving);
}

static int cpu_goes_down(unsigned int cpu)
{
	struct cpu_generators *generators = per_cpu_ptr(&pscope_generators, cpu);
	struct pscope_interference *interference, *next;
	unsigned int other;

	mutex_lock(&generators_lock);
	generators->accepting = false;
	list_for_each_entry_safe(interference, next, &generators->running, node) {
		stop_locked(interference);
		WRITE_ONCE(interference->cpu_went_down, true);
	}
	for_each_online_cpu(other)
		list_for_each_entry(interference, &per_cpu(pscope_generators, other).running, node)
			cpu_leaves(interference, cpu);
	mutex_unlock(&generators_lock);
	return 0;
}

static void exit_sources(unsigned int count)
{
	while (count--)
		if (sources[count]->exit)
			sources[count]->exit();
}

int pscope_interference_init(void)
{
	unsigned int cpu, i;
	int ret = 0;

	for_each_possible_cpu(cpu)
		INIT_LIST_HEAD(&per_cpu(pscope_generators, cpu).running);
	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		if (sources[i]->init)
			ret = sources[i]->init();
		if (ret)
			goto exit;
	}
	ret = pscope_init_step() ?:
	      cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "percpu_scope:online",
				cpu_came_up, cpu_goes_down);
	if (ret < 0)
		goto exit;
	hotplug_state = ret;
	return 0;

exit:
	exit_sources(i);
	return ret;
}

void pscope_interference_exit(void)
{
	cpuhp_remove_state(hotplug_state);
	exit_sources(ARRAY_SIZE(sources));
}
