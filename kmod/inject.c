// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window, and the kprobe on it.
 */
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/processor.h>
#include <linux/sched.h>

#include "counter.h"
#include "inject.h"
#include "probe.h"

/*
 * Emulated interrupts arrive between translation blocks alone; each
 * cpu_relax() ends one. Without them the window is never hit.
 */
#define WINDOW_RELAXES	8

noinline void pscope_window(void)
{
	unsigned int i;

	for (i = 0; i < WINDOW_RELAXES; i++)
		cpu_relax();
}

#ifdef CONFIG_KPROBES

static DEFINE_MUTEX(inject_lock);
static struct pscope_counter *inject_counter;
static struct task_struct *inject_task;	/* whose job asked for it */
static atomic64_t injected;

static int inject_update(struct kprobe *probe, struct pt_regs *regs)
{
	/* Others' controls have the same window. */
	if (current != inject_task)
		return 0;
	this_cpu_inc(*(u64 __percpu *)inject_counter->percpu);
	atomic64_inc(&injected);
	return 0;
}

NOKPROBE_SYMBOL(inject_update);

static struct kprobe probe;

int pscope_inject_start(struct pscope_counter *counter)
{
	int ret;

	mutex_lock(&inject_lock);
	if (inject_counter) {
		ret = -EBUSY;
		goto unlock;
	}
	inject_counter = counter;
	inject_task = current;
	atomic64_set(&injected, 0);
	/* Registering leaves its own marks in it: start from nothing. */
	probe = (struct kprobe) {
		.addr = (kprobe_opcode_t *)pscope_window,
		.pre_handler = inject_update,
	};
	ret = pscope_probe_register(&probe);
	if (ret)
		inject_counter = NULL;
unlock:
	mutex_unlock(&inject_lock);
	return ret;
}

u64 pscope_inject_stop(void)
{
	u64 count;

	mutex_lock(&inject_lock);
	/* Waits for handlers that are at work. */
	unregister_kprobe(&probe);
	inject_counter = NULL;
	count = atomic64_read(&injected);
	mutex_unlock(&inject_lock);
	return count;
}

#else

int pscope_inject_start(struct pscope_counter *counter)
{
	return -EOPNOTSUPP;
}

u64 pscope_inject_stop(void)
{
	return 0;
}

#endif
