/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions, each with the version that made it.
 * No other file may test LINUX_VERSION_CODE.
 */
#ifndef PSCOPE_COMPAT_H
#define PSCOPE_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/percpu.h>
#include <linux/version.h>

/* 6.13 added hrtimer_setup(); 6.15 removed hrtimer_init(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

/* Without SMP there is one copy, at the variable itself. */
#ifndef CONFIG_SMP
#define per_cpu_offset(cpu)	((void)(cpu), 0UL)
#endif

#endif /* PSCOPE_COMPAT_H */
