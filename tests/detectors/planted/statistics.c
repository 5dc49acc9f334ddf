// SPDX-License-Identifier: GPL-2.0-only
/* Faults on purpose: statistics that are not made ready, or not there any more. */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>
#include <linux/version.h>

#include "faults.h"

struct stats {
	u64_stats_t packets;
	struct u64_stats_sync syncp;
};

/*
 * Per-CPU memory comes zeroed, and zeroes are a sequence that works. Where u64_stats have
 * one, on 32-bit kernels, lockdep sees that it has no key of its own; elsewhere nothing does.
 */
int plant_stats_without_init(void)
{
	struct stats __percpu *all = alloc_percpu(struct stats);
	struct stats *stats;

	if (!all)
		return -ENOMEM;
	stats = get_cpu_ptr(all);
	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->packets);
	u64_stats_update_end(&stats->syncp);
	put_cpu_ptr(all);
	free_percpu(all);
	return 0;
}

/* What an interrupt counts in, for as long as it comes. */
static u64 __percpu *counted_in;

static enum hrtimer_restart count(struct hrtimer *timer)
{
	this_cpu_inc(*counted_in);
	hrtimer_forward_now(timer, ns_to_ktime(100 * NSEC_PER_USEC));
	return HRTIMER_RESTART;
}

static u64 sum_of(u64 __percpu *p)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(p, cpu));
	return sum;
}

/* Freed with nobody waited for: the next to allocate gets the memory, and the updates. */
int plant_free_in_flight(void)
{
	static struct hrtimer timer;
	u64 __percpu *newer;

	counted_in = alloc_percpu(u64);
	if (!counted_in)
		return -ENOMEM;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer.function = count;
#else
	hrtimer_setup(&timer, count, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#endif
	hrtimer_start(&timer, ns_to_ktime(100 * NSEC_PER_USEC), HRTIMER_MODE_REL);
	msleep(20);
	free_percpu(counted_in);
	newer = alloc_percpu(u64);
	if (newer) {
		msleep(20);
		WARN(sum_of(newer), "a new counter has another's updates\n");
	}
	hrtimer_cancel(&timer);
	free_percpu(newer);
	return 0;
}
