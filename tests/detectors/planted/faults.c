// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on purpose: one per load, named by the parameter `fault`. Each is real, so
 * that what is tested is whether the kernel and the judge see it. Adding one is adding
 * a function, here or in the file of its kind (faults.h), and an entry of faults[].
 */
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu-refcount.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "faults.h"

static char *fault = "";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "which one");

/* Out of the optimiser's sight: it would see through the faults, and warn or mend. */
static void *volatile nowhere;

static int plant_warn(void)
{
	WARN(1, "planted: a warning\n");
	return 0;
}

/* With panic_on_oops unset the kernel kills insmod and goes on. */
static int plant_oops(void)
{
	BUG();
	return 0;
}

static int plant_null(void)
{
	return READ_ONCE(*(int *)nowhere);
}

/* Gives its CPU to nobody, so long. */
static void occupy(unsigned int seconds)
{
	unsigned long end = jiffies + seconds * HZ;

	preempt_disable();
	while (time_before(jiffies, end))
		cpu_relax();
	preempt_enable();
}

static int plant_soft_lockup(void)
{
	occupy(40);
	return 0;
}

static void reclaim_nothing(struct rcu_head *head)
{
}

/* Half of what the guest's limit on soft lockups is: only the grace period is late. */
static int plant_rcu_stall(void)
{
	static struct rcu_head head;

	call_rcu(&head, reclaim_nothing);
	occupy(20);
	rcu_barrier();
	return 0;
}

/* Sleeps without being woken by signals, longer than the detector is told to bear. */
static int plant_hung_task(void)
{
	schedule_timeout_uninterruptible(20 * HZ);
	return 0;
}

/* Nobody waits: only lockdep sees that two tasks could. */
static int plant_deadlock(void)
{
	static DEFINE_MUTEX(first);
	static DEFINE_MUTEX(second);

	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return 0;
}

static u64 raced;

static int race(void *unused)
{
	while (!kthread_should_stop()) {
		unsigned int i;

		for (i = 0; i < 100000; i++) {
			raced++;
			barrier();	/* each time in memory */
		}
		cond_resched();
	}
	return 0;
}

/* The sum is of no use to anyone, and no other check looks: only KCSAN does. */
static int plant_race(void)
{
	struct task_struct *threads[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i] = kthread_run(race, NULL, "planted-race/%u", i);
		if (IS_ERR(threads[i]))
			return PTR_ERR(threads[i]);	/* a fault as good as any */
	}
	msleep(10000);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		kthread_stop(threads[i]);
	return 0;
}

/* C does not say what comes of it, and no processor minds: only UBSAN sees it. */
static int plant_shift(void)
{
	static volatile unsigned int bit = 35, shifted;

	shifted = 1U << bit;
	return 0;
}

/* One more is taken of what has gone. */
static int plant_refcount(void)
{
	static refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
	return 0;
}

static void release_nothing(struct percpu_ref *ref)
{
}

/* One more is given back than there is, told when the CPUs' counts come together. */
static int plant_percpu_ref(void)
{
	static struct percpu_ref ref;
	int ret = percpu_ref_init(&ref, release_nothing, 0, GFP_KERNEL);

	if (ret)
		return ret;
	percpu_ref_put(&ref);
	percpu_ref_put(&ref);
	percpu_ref_switch_to_atomic_sync(&ref);
	percpu_ref_exit(&ref);
	return 0;
}

/* Nothing is printed: only the taint is left of a warning that nobody knows the words of. */
static int plant_taint(void)
{
	add_taint(TAINT_WARN, LOCKDEP_STILL_OK);
	return 0;
}

static const struct {
	const char *name;
	int (*plant)(void);
} faults[] = {
	{ "warn", plant_warn },
	{ "oops", plant_oops },
	{ "null", plant_null },
	{ "soft-lockup", plant_soft_lockup },
	{ "rcu-stall", plant_rcu_stall },
	{ "hung-task", plant_hung_task },
	{ "deadlock", plant_deadlock },
	{ "race", plant_race },
	{ "out-of-bounds", plant_out_of_bounds },
	{ "shift", plant_shift },
	{ "percpu-leak", plant_percpu_leak },
	{ "percpu-leak-above-slack", plant_percpu_leak_above_slack },
	{ "percpu-leak-below-slack", plant_percpu_leak_below_slack },
	{ "refcount", plant_refcount },
	{ "percpu-ref", plant_percpu_ref },
	{ "taint", plant_taint },
	{ "get-without-put", plant_get_without_put },
	{ "free-in-flight", plant_free_in_flight },
	{ "softirq-leak", plant_softirq_leak },
	{ "atomic-sleep", plant_atomic_sleep },
	{ "unknown-nmi", plant_unknown_nmi },
	{ "list-corruption", plant_list_corruption },
	{ "allocation-failure", plant_allocation_failure },
	{ "stats-without-init", plant_stats_without_init },
};

static int __init planted_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(faults[i].name, fault))
			return faults[i].plant();
	pr_err("planted: no fault is called '%s'\n", fault);
	return -EINVAL;
}
module_init(planted_init);

static void __exit planted_exit(void)
{
}
module_exit(planted_exit);

MODULE_DESCRIPTION("Faults on purpose, for the checks' own checks");
MODULE_LICENSE("GPL");
