// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controls of words: idioms broken on purpose, each of which must be caught. One
 * noinline function each, so that the build can look at its instructions, with
 * no switch inside the window. Nothing correct belongs here.
 */
#include <linux/bottom_half.h>
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "../all.h"
#include "window.h"

static noinline void control_read_write(const struct pscope_memory *memory,
					unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	u64 *copy;
	u64 value;

	while (times--) {
		copy = get_cpu_ptr(p);
		value = READ_ONCE(*copy);
		/* An interrupt that counts here is overwritten. */
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
		put_cpu_ptr(p);
	}
}

static noinline void control_this_cpu_read_write(const struct pscope_memory *memory,
						 unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	u64 value;

	while (times--) {
		preempt_disable();
		value = this_cpu_read(*p);
		/* Each half is safe; both together are not one operation. */
		pscope_window();
		this_cpu_write(*p, value + 1);
		preempt_enable();
	}
}

static noinline void control_irqsave_read_write(const struct pscope_memory *memory,
						unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	unsigned long flags;
	u64 *copy;
	u64 value;

	while (times--) {
		local_irq_save(flags);
		copy = this_cpu_ptr(p);
		value = READ_ONCE(*copy);
		/* No interrupt comes here, but an NMI does. */
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
		local_irq_restore(flags);
	}
}

static noinline void control_remote_increment(const struct pscope_memory *memory,
					      unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	u64 *copy;
	u64 value;

	while (times--) {
		/* Owner of this copy and stranger to the other, by turns. */
		if (times & 1) {
			this_cpu_inc(*p);
			continue;
		}
		preempt_disable();
		copy = per_cpu_ptr(p, pscope_next_online(smp_processor_id()));
		value = READ_ONCE(*copy);
		/* The copy's owner does not wait. */
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
		preempt_enable();
	}
}

static noinline void control_remote_fold(const struct pscope_memory *memory,
					 unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	u64 *copy;
	u64 value;

	while (times--) {
		preempt_disable();
		copy = per_cpu_ptr(p, pscope_next_online(smp_processor_id()));
		value = READ_ONCE(*copy);
		pscope_window();
		/* What the owner has counted since goes with it. */
		WRITE_ONCE(*copy, 0);
		this_cpu_add(*p, value + 1);
		preempt_enable();
	}
}

static noinline void control_bh_read_write(const struct pscope_memory *memory,
					   unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	u64 *copy;
	u64 value;

	while (times--) {
		if (in_hardirq()) {
			/* The interrupt does what is right in it. */
			this_cpu_inc(*p);
			continue;
		}
		local_bh_disable();
		copy = this_cpu_ptr(p);
		value = READ_ONCE(*copy);
		/* No softirq comes here, but the interrupt that would raise one does. */
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
		local_bh_enable();
	}
}

static noinline void control_lost_carry(const struct pscope_memory *memory,
					unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	u32 *low;

	while (times--) {
		/* Half of a u64 is counted in: what it carries goes nowhere. */
		low = (u32 *)get_cpu_ptr(p);
#ifdef __BIG_ENDIAN
		low++;
#endif
		WRITE_ONCE(*low, READ_ONCE(*low) + 1);
		put_cpu_ptr(p);
	}
}

#define NOWHERE		0

const struct pscope_idiom pscope_word_controls[] = {
	{
		.name = "control_read_write",
		.call = "preempt_disable(); v = *p; *p = v + 1",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = control_read_write,
	}, {
		.name = "control_this_cpu_read_write",
		.call = "this_cpu_write(*p, this_cpu_read(*p) + 1)",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = control_this_cpu_read_write,
	}, {
		.name = "control_irqsave_read_write",
		.call = "local_irq_save(); v = *p; *p = v + 1",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_MASKABLE,
		.runnable = PSCOPE_ANY,
		.update = control_irqsave_read_write,
	}, {
		.name = "control_remote_increment",
		.call = "(*per_cpu_ptr(p, other))++",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_remote_increment,
	}, {
		.name = "control_remote_fold",
		.call = "v = *per_cpu_ptr(p, other); *per_cpu_ptr(p, other) = 0",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_remote_fold,
	}, {
		.name = "control_bh_read_write",
		.call = "local_bh_disable(); v = *p; *p = v + 1",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		/* With PREEMPT_RT preemption stays on. */
		.conserved = IS_ENABLED(CONFIG_PREEMPT_RT) ? NOWHERE :
			     PSCOPE_TASK | PSCOPE_SOFTIRQ,
		.runnable = PSCOPE_MASKABLE,
		.update = control_bh_read_write,
	}, {
		.name = "control_lost_carry",
		.call = "(*(u32 *)p)++ of a u64",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_lost_carry,
	},
};

const unsigned int pscope_word_control_count = ARRAY_SIZE(pscope_word_controls);
