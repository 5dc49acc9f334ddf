// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generators: pinned timers whose callbacks run in the context they are for.
 *
 * A hard hrtimer expires in the timer interrupt, on PREEMPT_RT too; a soft one
 * in HRTIMER_SOFTIRQ, which is a thread of the CPU there. What other CPUs send is
 * senders.c's. A timer of a CPU that goes down would be moved to another one, so
 * the hotplug callback stops all that the CPU has before.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "checkers.h"
#include "compat.h"
#include "contexts.h"
#include "counter.h"
#include "idiom.h"
#include "storage.h"

struct cpu_generators {
	struct list_head running;
	bool accepting;		/* between the CPU's coming up and its going down */
};

static DEFINE_PER_CPU(struct cpu_generators, pscope_generators);
/* Start, stop and hotplug, all of which may sleep. */
static DEFINE_MUTEX(generators_lock);
static enum cpuhp_state hotplug_state;

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

static const struct {
	u32 context;
	enum hrtimer_mode mode;
} timer_kinds[] = {
	{ PERCPU_SCOPE_CONTEXT_SOFTIRQ, HRTIMER_MODE_REL_PINNED_SOFT },
	{ PERCPU_SCOPE_CONTEXT_HARDIRQ, HARDIRQ_MODE },
};

u32 pscope_contexts_supported(void)
{
	return pscope_nmi_supported() ? PSCOPE_ANY : PSCOPE_MASKABLE;
}

void pscope_generator_update(struct pscope_generator *generator)
{
	struct pscope_interference *interference = generator->interference;
	struct pscope_counter *counter = interference->counter;

	if (counter->storage->section_open && counter->storage->section_open(counter))
		atomic64_inc(&generator->open_sections);
	if (!interference->promised)
		pscope_checkers_off();
	interference->idiom->update(counter, 1);
	if (!interference->promised)
		pscope_checkers_on();
	atomic64_inc(&generator->tally);
}

static bool runs_in(unsigned int context)
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

void pscope_generator_update_here(struct pscope_generator *generator)
{
	struct pscope_interference *interference = generator->interference;

	/* A tally says in which context it was: that is not to be taken on trust. */
	if (!runs_in(generator - interference->generators))
		WRITE_ONCE(interference->misplaced, true);
	pscope_generator_update(generator);
}

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

	pscope_generator_update_here(generator);
	forward(timer, generator->interference->period, began);
	return HRTIMER_RESTART;
}

/* Do the generators of a CPU leave room for those of another job? Each context's. */
static bool has_room(const struct cpu_generators *generators,
		     const struct pscope_interference *interference)
{
	const struct pscope_interference *other;
	unsigned int context;

	for (context = 0; context < PERCPU_SCOPE_CONTEXT_COUNT; context++) {
		/* In a second; periods have a least and a greatest that fit. */
		unsigned long asked = NSEC_PER_SEC / (u32)ktime_to_ns(interference->period);

		if (!(interference->contexts & BIT(context)))
			continue;
		list_for_each_entry(other, &generators->running, node)
			if (other->contexts & BIT(context))
				asked += NSEC_PER_SEC / (u32)ktime_to_ns(other->period);
		if (asked > NSEC_PER_SEC / PSCOPE_PERIOD_MIN_NS)
			return false;
	}
	return true;
}

/*
 * Does lockdep want to know that this comes or goes? Not of updates that nothing is
 * promised of (checkers.h), nor while the same counter's copy is updated by another.
 * The generators of the CPU are locked, and this is not among them.
 */
static bool decides_rule(const struct pscope_interference *interference)
{
	const struct pscope_interference *other;

	if (!IS_ENABLED(CONFIG_DEBUG_LOCK_ALLOC) || !interference->promised ||
	    !interference->counter->storage->set_rule)
		return false;
	list_for_each_entry(other, &per_cpu(pscope_generators, interference->cpu).running, node)
		if (other->counter == interference->counter && other->promised)
			return false;
	return true;
}

static void leave_to_tasks(void *argument)
{
	const struct pscope_interference *interference = argument;
	const struct pscope_counter *counter = interference->counter;

	counter->storage->set_rule(counter, interference->cpu, false);
}

static void start_timers(struct pscope_interference *interference)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(timer_kinds); i++) {
		struct pscope_generator *generator =
			&interference->generators[timer_kinds[i].context];

		if (!(interference->contexts & BIT(timer_kinds[i].context)))
			continue;
		hrtimer_setup(&generator->timer, generate, CLOCK_MONOTONIC,
			      timer_kinds[i].mode);
		hrtimer_start(&generator->timer, interference->period,
			      timer_kinds[i].mode);
	}
}

static void stop_locked(struct pscope_interference *interference)
{
	unsigned int i;

	lockdep_assert_held(&generators_lock);

	for (i = 0; i < ARRAY_SIZE(timer_kinds); i++)
		if (interference->contexts & BIT(timer_kinds[i].context))
			hrtimer_cancel(&interference->generators[timer_kinds[i].context].timer);
	pscope_senders_stop(interference);
	list_del_init(&interference->node);
	/* There, since its tasks may be at the copy; that CPU's callback waits for the lock. */
	if (decides_rule(interference))
		smp_call_function_single(interference->cpu, leave_to_tasks, interference, true);
}

static int start_locked(struct pscope_interference *interference)
{
	struct cpu_generators *generators;
	bool accepting;

	lockdep_assert_held(&generators_lock);

	/* A pinned timer goes to the CPU that starts it. */
	preempt_disable();
	interference->cpu = smp_processor_id();
	generators = this_cpu_ptr(&pscope_generators);
	/* Before any timer: a job that is refused must not have updated. */
	if ((interference->contexts & PSCOPE_NMI && pscope_nmi_taken(interference->cpu)) ||
	    !has_room(generators, interference)) {
		preempt_enable();
		return -EBUSY;
	}
	accepting = generators->accepting;
	if (accepting) {
		if (decides_rule(interference))
			interference->counter->storage->set_rule(interference->counter,
								 interference->cpu, true);
		start_timers(interference);
		list_add(&interference->node, &generators->running);
	}
	preempt_enable();

	interference->cpu_went_down = !accepting;
	/*
	 * The target may be going down by now, but its callback waits for the
	 * lock and stops what it finds.
	 */
	return accepting ? pscope_senders_start(interference) : 0;
}

int pscope_interference_start(struct pscope_interference *interference)
{
	unsigned int context;
	int ret;

	INIT_LIST_HEAD(&interference->node);
	for (context = 0; context < PERCPU_SCOPE_CONTEXT_COUNT; context++)
		interference->generators[context].interference = interference;

	/* IPIs and NMIs are sent from another CPU, which must not go away meanwhile. */
	cpus_read_lock();
	mutex_lock(&generators_lock);
	ret = start_locked(interference);
	if (ret && !list_empty(&interference->node)) {
		interference->contexts &= ~PSCOPE_NMI;
		stop_locked(interference);
	}
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

bool pscope_interference_enough(const struct pscope_interference *interference,
				u64 interruptions)
{
	unsigned int context;

	if (READ_ONCE(interference->cpu_went_down))
		return true;
	for (context = 0; context < PERCPU_SCOPE_CONTEXT_COUNT; context++)
		if (interference->contexts & BIT(context) &&
		    (u64)atomic64_read(&interference->generators[context].tally) < interruptions)
			return false;
	return true;
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
	unsigned int other;

	mutex_lock(&generators_lock);
	generators->accepting = false;
	list_for_each_entry_safe(interference, next, &generators->running, node) {
		stop_locked(interference);
		WRITE_ONCE(interference->cpu_went_down, true);
	}
	for_each_online_cpu(other)
		list_for_each_entry(interference, &per_cpu(pscope_generators, other).running, node)
			pscope_sender_leaves(interference, cpu);
	mutex_unlock(&generators_lock);
	return 0;
}

int pscope_contexts_init(void)
{
	unsigned int cpu;
	int ret;

	for_each_possible_cpu(cpu)
		INIT_LIST_HEAD(&per_cpu(pscope_generators, cpu).running);

	ret = pscope_nmi_init();
	if (ret)
		return ret;
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "percpu_scope:online",
				cpu_came_up, cpu_goes_down);
	if (ret < 0) {
		pscope_nmi_exit();
		return ret;
	}
	hotplug_state = ret;
	return 0;
}

void pscope_contexts_exit(void)
{
	cpuhp_remove_state(hotplug_state);
	pscope_nmi_exit();
}
