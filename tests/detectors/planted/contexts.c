// SPDX-License-Identifier: GPL-2.0-only
/* Faults on purpose: what may not be done in the context it is done in. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/version.h>
#ifdef CONFIG_X86_LOCAL_APIC
#include <asm/apic.h>
#endif

#include "faults.h"

static DEFINE_PER_CPU(unsigned int, counted);
static DECLARE_COMPLETION(leaked);

static void get_and_keep(struct tasklet_struct *unused)
{
	get_cpu_var(counted)++;		/* no put_cpu_var() */
	complete(&leaked);
}

/* The kernel mends the count by itself, and says so in one line. */
int plant_softirq_leak(void)
{
	static DECLARE_TASKLET(tasklet, get_and_keep);

	tasklet_schedule(&tasklet);
	wait_for_completion(&leaked);
	msleep(100);
	return 0;
}

/* Preemption stays off; whoever called finds that out. */
int plant_get_without_put(void)
{
	*get_cpu_ptr(&counted) += 1;	/* no put_cpu_ptr(&counted) */
	return 0;
}

int plant_atomic_sleep(void)
{
	preempt_disable();
	schedule_timeout_uninterruptible(2);
	preempt_enable();
	return 0;
}

#ifdef CONFIG_X86_LOCAL_APIC
int plant_unknown_nmi(void)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	apic->send_IPI_mask(cpu_online_mask, NMI_VECTOR);
#else
	__apic_send_IPI_mask(cpu_online_mask, NMI_VECTOR);
#endif
	msleep(100);
	return 0;
}
#else
int plant_unknown_nmi(void)
{
	return -EOPNOTSUPP;
}
#endif
