// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controls of what a task relies on to keep its CPU to itself: nothing, the wrong thing,
 * or what it knew of its CPU before. One noinline function each, as all controls are.
 */
#include <linux/bottom_half.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "../all.h"
#include "window.h"

static noinline void control_read_write_preemptible(const struct pscope_memory *memory,
						    unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	u64 *copy;
	u64 value;

	while (times--) {
		/* Another task can run, or we elsewhere, before the store. */
		copy = raw_cpu_ptr(p);
		value = READ_ONCE(*copy);
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
	}
}

static noinline void control_migrate_disable(const struct pscope_memory *memory,
					     unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	u64 *copy;
	u64 value;

	while (times--) {
		/* The task stays on its CPU, and others come to it all the same. */
		migrate_disable();
		copy = this_cpu_ptr(p);
		value = READ_ONCE(*copy);
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
		migrate_enable();
	}
}

static noinline void control_hoisted_pointer(const struct pscope_memory *memory,
					     unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	/*
	 * Of the CPU that the task is on now. raw_, since CONFIG_DEBUG_PREEMPT reports
	 * this_cpu_ptr() where preemption is on, and what is to be seen is what comes of it.
	 */
	u64 *copy = raw_cpu_ptr(p);
	u64 value;

	while (times--) {
		preempt_disable();
		value = READ_ONCE(*copy);
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
		preempt_enable();
		/* A place where the scheduler may take the task elsewhere, preemption or not. */
		cond_resched_tasks_rcu_qs();
	}
}

static noinline void control_cached_cpu(const struct pscope_memory *memory, unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	unsigned int cpu = raw_smp_processor_id();
	u64 *copy;
	u64 value;

	while (times--) {
		preempt_disable();
		copy = per_cpu_ptr(p, cpu);
		value = READ_ONCE(*copy);
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
		preempt_enable();
		cond_resched_tasks_rcu_qs();
	}
}

static noinline void control_bh_among_tasks(const struct pscope_memory *memory,
					    unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	u64 *copy;
	u64 value;

	while (times--) {
		if (current->pid & 1) {
			/* Every other task does what is right. */
			this_cpu_inc(*p);
			continue;
		}
		/* With PREEMPT_RT this keeps out those alone who do it, too, if anybody. */
		local_bh_disable();
		copy = this_cpu_ptr(p);
		value = READ_ONCE(*copy);
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
		local_bh_enable();
	}
}

#define NOWHERE		0

const struct pscope_idiom pscope_task_controls[] = {
	{
		.name = "control_read_write_preemptible",
		.call = "v = *p; *p = v + 1, preemption on",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_read_write_preemptible,
	}, {
		.name = "control_migrate_disable",
		.call = "migrate_disable(); v = *p; *p = v + 1",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_migrate_disable,
	}, {
		.name = "control_hoisted_pointer",
		.call = "copy = this_cpu_ptr(p), once for a whole loop",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = NOWHERE,
		.runnable = PSCOPE_TASK,
		.update = control_hoisted_pointer,
	}, {
		.name = "control_cached_cpu",
		.call = "cpu = smp_processor_id(), once for a whole loop",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = NOWHERE,
		.runnable = PSCOPE_TASK,
		.update = control_cached_cpu,
	}, {
		.name = "control_bh_among_tasks",
		.call = "local_bh_disable(); v = *p; *p = v + 1 beside this_cpu_inc(*p)",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = IS_ENABLED(CONFIG_PREEMPT_RT) ? NOWHERE :
			     PSCOPE_TASK | PSCOPE_SOFTIRQ,
		.runnable = PSCOPE_TASK | PSCOPE_SOFTIRQ,
		.update = control_bh_among_tasks,
	},
};

const unsigned int pscope_task_control_count = ARRAY_SIZE(pscope_task_controls);
