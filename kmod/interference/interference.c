// SPDX-License-Identifier: GPL-2.0-only
/*
 * What holds for all sources of interference: one budget for each CPU, and none on a CPU
 * that goes down, whose timers would be moved to another.
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
#include "sources.h"

struct cpu_generators {
	/*
	 * Start, stop and hotplug, all of which may sleep: each waits for an answer of
	 * the CPU, and jobs on other CPUs must not wait for it, too.
	 */
	struct mutex lock;
	struct list_head running;	/* of struct pscope_interference */
};

static DEFINE_PER_CPU(struct cpu_generators, pscope_generators);
static enum cpuhp_state hotplug_state;

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
	const struct pscope_source *source;
	unsigned int i;

	for (i = 0; i < pscope_source_count; i++) {
		source = pscope_sources[i];
		if (!(interference->contexts & BIT(source->context)) || !source->taken)
			continue;
		other = source->taken(interference->cpu);
		if (other)
			return other;
	}
	return is_too_often(this_cpu_ptr(&pscope_generators), interference);
}

static bool is_wanted(const struct pscope_interference *interference, unsigned int source)
{
	if (!(interference->contexts & BIT(pscope_sources[source]->context)))
		return false;
	return !pscope_sources[source]->suits ||
	       pscope_sources[source]->suits(&interference->generators[source]);
}

static struct cpu_generators *generators_of(const struct pscope_interference *interference)
{
	return per_cpu_ptr(&pscope_generators, interference->cpu);
}

static void stop_locked(struct pscope_interference *interference)
{
	unsigned int i;

	lockdep_assert_held(&generators_of(interference)->lock);

	for (i = 0; i < pscope_source_count; i++) {
		struct pscope_generator *generator = &interference->generators[i];

		if (generator->running)
			pscope_sources[i]->stop(generator);
		generator->running = false;
	}
	list_del_init(&interference->node);
}

/* A pinned timer goes to the CPU that starts it. */
static void start_here(struct pscope_interference *interference)
{
	unsigned int i;

	for (i = 0; i < pscope_source_count; i++) {
		struct pscope_generator *generator = &interference->generators[i];

		if (!pscope_sources[i]->start_here || !is_wanted(interference, i))
			continue;
		pscope_sources[i]->start_here(generator);
		generator->running = true;
	}
}

static int start_others(struct pscope_interference *interference)
{
	unsigned int i;
	int ret;

	for (i = 0; i < pscope_source_count; i++) {
		struct pscope_generator *generator = &interference->generators[i];

		if (!pscope_sources[i]->start || !is_wanted(interference, i))
			continue;
		ret = pscope_sources[i]->start(generator);
		if (ret)
			return ret;
		generator->running = true;
	}
	return 0;
}

/*
 * The generators of the CPU that the caller runs on, locked, preemption off: who waits
 * for the lock may have been moved to another CPU meanwhile.
 */
static struct cpu_generators *lock_here(void)
{
	struct cpu_generators *generators;

	for (;;) {
		generators = raw_cpu_ptr(&pscope_generators);
		mutex_lock(&generators->lock);
		preempt_disable();
		if (generators == this_cpu_ptr(&pscope_generators))
			return generators;
		preempt_enable();
		mutex_unlock(&generators->lock);
	}
}

/* On the CPU that it is to be on, preemption off. */
static int start_timers(struct pscope_interference *interference,
			struct cpu_generators *generators,
			struct pscope_in_the_way *in_the_way)
{
	const struct pscope_interference *other;

	interference->cpu = smp_processor_id();
	/* Before any timer: a job that is refused must not have updated. */
	other = opponent(interference);
	if (other) {
		pscope_name_work(other->work, in_the_way);
		return -EBUSY;
	}
	start_here(interference);
	list_add(&interference->node, &generators->running);
	return 0;
}

int pscope_interference_start(struct pscope_interference *interference,
			      struct pscope_in_the_way *in_the_way)
{
	struct cpu_generators *generators;
	unsigned int i;
	int ret;

	INIT_LIST_HEAD(&interference->node);
	for (i = 0; i < pscope_source_count; i++) {
		interference->generators[i].interference = interference;
		interference->generators[i].context = pscope_sources[i]->context;
	}
	/* Neither this CPU nor the one that sends goes down before its callback sees us. */
	cpus_read_lock();
	generators = lock_here();
	ret = start_timers(interference, generators, in_the_way);
	preempt_enable();
	if (!ret) {
		ret = start_others(interference);
		if (ret)
			stop_locked(interference);
	}
	mutex_unlock(&generators->lock);
	cpus_read_unlock();
	return ret;
}

void pscope_interference_stop(struct pscope_interference *interference)
{
	struct cpu_generators *generators = generators_of(interference);

	mutex_lock(&generators->lock);
	if (!list_empty(&interference->node))
		stop_locked(interference);
	mutex_unlock(&generators->lock);
}

static void cpu_leaves(struct pscope_interference *interference, unsigned int leaving)
{
	unsigned int i;

	for (i = 0; i < pscope_source_count; i++)
		if (interference->generators[i].running && pscope_sources[i]->cpu_leaves)
			pscope_sources[i]->cpu_leaves(&interference->generators[i], leaving);
}

static int cpu_goes_down(unsigned int cpu)
{
	struct cpu_generators *generators = per_cpu_ptr(&pscope_generators, cpu);
	struct pscope_interference *interference, *next;
	unsigned int other;

	/* Nobody starts meanwhile: hotplug keeps out who reads which CPUs there are. */
	mutex_lock(&generators->lock);
	list_for_each_entry_safe(interference, next, &generators->running, node) {
		stop_locked(interference);
		WRITE_ONCE(interference->cpu_went_down, true);
	}
	mutex_unlock(&generators->lock);
	for_each_online_cpu(other) {
		generators = per_cpu_ptr(&pscope_generators, other);
		mutex_lock(&generators->lock);
		list_for_each_entry(interference, &generators->running, node)
			cpu_leaves(interference, cpu);
		mutex_unlock(&generators->lock);
	}
	return 0;
}

int pscope_interference_init(void)
{
	unsigned int cpu;
	int ret;

	for_each_possible_cpu(cpu) {
		mutex_init(&per_cpu(pscope_generators, cpu).lock);
		INIT_LIST_HEAD(&per_cpu(pscope_generators, cpu).running);
	}
	ret = pscope_sources_init();
	if (ret)
		return ret;
	ret = pscope_init_step() ?:
	      cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "percpu_scope:online",
				NULL, cpu_goes_down);
	if (ret < 0) {
		pscope_sources_exit();
		return ret;
	}
	hotplug_state = ret;
	return 0;
}

void pscope_interference_exit(void)
{
	cpuhp_remove_state(hotplug_state);
	pscope_sources_exit();
}
