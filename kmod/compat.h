/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions, each with the version that made it.
 * No other file may test LINUX_VERSION_CODE.
 */
#ifndef PSCOPE_COMPAT_H
#define PSCOPE_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/percpu.h>
#include <linux/sched.h>
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

/*
 * Can a task lose its CPU in the middle of kernel code? With PREEMPT_DYNAMIC
 * (5.12) the command line decides; preempt_model_full() is from 5.18, and lazy
 * preemption, which waits for the tick, from 6.13, or from the patches for
 * PREEMPT_RT in 6.12 that became it.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0) && !defined(CONFIG_ARCH_HAS_PREEMPT_LAZY)
static inline bool preempt_model_lazy(void)
{
	return false;
}
#endif

static inline bool pscope_preemptible(void)
{
	return preempt_model_full() || preempt_model_lazy() || preempt_model_rt();
}

/*
 * Without SMP percpu_counter_add() was a plain addition, whole in tasks alone,
 * until 6.3: 88ad32a799dd ("include/linux/percpu_counter.h: race in
 * uniprocessor percpu_counter_add()").
 */
#if defined(CONFIG_SMP) || LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define PSCOPE_PERCPU_COUNTER_MASKABLE	1
#else
#define PSCOPE_PERCPU_COUNTER_MASKABLE	0
#endif

/*
 * 6.14 gave dev_dstats_rx_add() and its like to all drivers, and with it struct pcpu_dstats
 * its u64_stats_t; 6.12.y has taken it over: looked at, 6.12.117.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0) || \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 117) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0))
#define PSCOPE_HAS_DSTATS
#endif

/* 6.6 added percpu_counter_init_many() and percpu_counter_destroy_many(). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define PSCOPE_HAS_INIT_MANY
#endif

/* 6.11 added local_lock_nested_bh(), for what bottom halves that are off kept out before. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define PSCOPE_HAS_NESTED_BH
#endif

/*
 * 7.3 has u64_stats_copy(), 6.12 has not. Where it is not known to be there, it is done as
 * drivers did before: value by value.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
#define pscope_u64_stats_copy(to, from, length)	u64_stats_copy(to, from, length)
#else
#define pscope_u64_stats_copy(to, from, length)	do {			\
	u64_stats_t *to_ = (u64_stats_t *)(to);				\
	const u64_stats_t *from_ = (const u64_stats_t *)(from);		\
	size_t i_;							\
									\
	for (i_ = 0; i_ < (length) / sizeof(*to_); i_++)		\
		u64_stats_set(&to_[i_], u64_stats_read(&from_[i_]));	\
} while (0)
#endif

#ifdef CONFIG_X86_LOCAL_APIC
#include <asm/apic.h>

/* 6.6 made the APIC driver's calls static calls, and stopped exporting `apic`. */
static inline void pscope_send_ipi_mask(const struct cpumask *mask, int vector)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	apic->send_IPI_mask(mask, vector);
#else
	__apic_send_IPI_mask(mask, vector);
#endif
}
#endif

/*
 * kptr_restrict is not exported, and what %pK prints tells of it: zeros if it
 * hides the pointer (lib/vsprintf.c, restricted_pointer()). The day that %pK
 * becomes another %p it prints a hash for everybody, so kernels that nobody has
 * looked at show no addresses. Looked at: until 7.3.
 */
#define PSCOPE_KPTR_RESTRICT_SHOWS	(LINUX_VERSION_CODE < KERNEL_VERSION(7, 4, 0))

/* Without SMP there is one copy, at the variable itself. */
#ifndef CONFIG_SMP
#define per_cpu_offset(cpu)	((void)(cpu), 0UL)
#endif

#endif /* PSCOPE_COMPAT_H */
