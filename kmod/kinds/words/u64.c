// SPDX-License-Identifier: GPL-2.0-only
/* One u64 for each CPU: twice the word of a 32-bit kernel. */
#include <linux/bottom_half.h>
#include <linux/irqflags.h>

#define WORD	u64
#define WORD_NAME	u64
#include "word.h"
#include "../all.h"

#ifndef CONFIG_PREEMPT_RT
/* Nothing but interrupts comes in between. */
static void update_bh(const struct pscope_memory *memory, unsigned long times)
{
	u64 __percpu *p = memory->percpu;

	while (times--) {
		local_bh_disable();
		*this_cpu_ptr(p) += 1;
		local_bh_enable();
	}
}
#endif

static void update_irqsave(const struct pscope_memory *memory, unsigned long times)
{
	u64 __percpu *p = memory->percpu;
	unsigned long flags;

	while (times--) {
		local_irq_save(flags);
		*this_cpu_ptr(p) += 1;
		local_irq_restore(flags);
	}
}

static void update_this_cpu_write(const struct pscope_memory *memory, unsigned long times)
{
	u64 __percpu *p = memory->percpu;

	while (times--) {
		/* What was read is what is written to: one CPU's copy. */
		preempt_disable();
		this_cpu_write(*p, pscope_pattern_next(this_cpu_read(*p), 1));
		preempt_enable();
	}
}

/*
 * By way of a number: with GCC 14 and later, x86 has __percpu pointers in an address space
 * of their own, out of which a cast to void * draws a warning.
 */
static u64 __percpu *copies_at(void *argument)
{
	return (u64 __percpu *)(__force unsigned long)argument;
}

static void increment_here(void *argument)
{
	this_cpu_inc(*copies_at(argument));
}

static void decrement_here(void *argument)
{
	this_cpu_dec(*copies_at(argument));
}

/*
 * Have another CPU do it: the next online one, so that of two each calls the other. A call
 * of this function would be a tenth of what it costs here.
 */
static __always_inline void call_another(smp_call_func_t function, u64 __percpu *p)
{
	unsigned int cpu = raw_smp_processor_id();

	/* -ENXIO if it went down in between: then another one. */
	do {
		cpu = pscope_next_online(cpu);
	} while (smp_call_function_single(cpu, function,
					  (void *)(__force unsigned long)p, true));
}

/* The way to change another CPU's copy. */
static void update_remote_call(const struct pscope_memory *memory, unsigned long times)
{
	u64 __percpu *p = memory->percpu;

	while (times--)
		call_another(increment_here, p);
}

/*
 * What is taken on one CPU and given back on another: only the sum means anything, and
 * a part may be less than nothing.
 */
static void update_gauge(const struct pscope_memory *memory, unsigned long times)
{
	u64 __percpu *p = memory->percpu;

	while (times--) {
		this_cpu_add(*p, 2);
		call_another(decrement_here, p);
	}
}

/* __this_cpu operations: an instruction on x86, plain C on the others. */
#ifdef CONFIG_X86
#define RAW_CPU_UNTORN	PSCOPE_WORD_UNTORN
#else
#define RAW_CPU_UNTORN	0
#endif

static const struct pscope_idiom idioms[] = {
	{
		.name = "this_cpu_inc",
		.call = "this_cpu_inc(*p)",
		.flags = PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_inc),
	}, {
		.name = "this_cpu_add",
		.call = "this_cpu_add(*p, n)",
		.flags = PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_add),
	}, {
		.name = "__this_cpu_inc",
		.call = "preempt_disable(); __this_cpu_inc(*p)",
		.flags = RAW_CPU_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(__this_cpu_inc),
	}, {
		.name = "this_cpu_cmpxchg",
		.call = "while (this_cpu_cmpxchg(*p, old, old + 1) != old)",
		.flags = PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_cmpxchg),
	}, {
		.name = "get_cpu_var",
		.call = "get_cpu_var(*p)++; put_cpu_var(*p)",
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(get_cpu_var),
	}, {
		.name = "get_cpu_ptr",
		.call = "*get_cpu_ptr(p) += 1; put_cpu_ptr(p)",
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(get_cpu_ptr),
	}, {
		.name = "this_cpu_ptr",
		.call = "preempt_disable(); *this_cpu_ptr(p) += 1",
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_ptr),
	}, {
		.name = "smp_call_this_cpu_inc",
		.call = "smp_call_function_single(other, this_cpu_inc(*p))",
		.flags = PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		/* It waits for the other CPU. */
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_TASK,
		.elsewhere = PSCOPE_HARDIRQ,
		.update = update_remote_call,
	}, {
		.name = "this_cpu_write",
		.call = "preempt_disable(); this_cpu_write(*p, pattern)",
		.flags = PSCOPE_WORD_UNTORN | PERCPU_SCOPE_IDIOM_PATTERN,
		.kind = &pscope_kind_u64,
		/* Reads, then writes: each whole, not both together. */
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = update_this_cpu_write,
	}, {
		.name = "this_cpu_add_return",
		.call = "this_cpu_add_return(*p, 1)",
		.flags = PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_add_return),
	}, {
		.name = "this_cpu_xchg",
		.call = "v = this_cpu_xchg(*p, 0); this_cpu_add(*p, v + 1)",
		.flags = PSCOPE_WORD_UNTORN | PERCPU_SCOPE_IDIOM_TRANSIENT,
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_xchg),
	}, {
		.name = "this_cpu_or",
		.call = "this_cpu_or(*p, 0); this_cpu_inc(*p); this_cpu_and(*p, ~0)",
		.flags = PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_or),
#ifndef CONFIG_PREEMPT_RT
	}, {
		.name = "bh_this_cpu_ptr",
		/*
		 * With PREEMPT_RT preemption stays on, and a task that updates in any
		 * other way comes in between: nothing could be promised.
		 */
		.call = "local_bh_disable(); *this_cpu_ptr(p) += 1",
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_TASK | PSCOPE_SOFTIRQ,
		/* It must not be switched on again where interrupts are off. */
		.runnable = PSCOPE_TASK | PSCOPE_SOFTIRQ,
		.update = update_bh,
#endif
	}, {
		.name = "irqsave_this_cpu_ptr",
		.call = "local_irq_save(flags); *this_cpu_ptr(p) += 1",
		.kind = &pscope_kind_u64,
		.conserved = PSCOPE_MASKABLE,
		.runnable = PSCOPE_ANY,
		.update = update_irqsave,
	}, {
		.name = "smp_call_gauge",
		.call = "this_cpu_add(*p, 2); smp_call(other, this_cpu_dec(*p))",
		.flags = PSCOPE_WORD_UNTORN | PERCPU_SCOPE_IDIOM_TRANSIENT,
		.kind = &pscope_kind_u64,
		/* It waits for the other CPU. */
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_TASK,
		.elsewhere = PSCOPE_HARDIRQ,
		.update = update_gauge,
	},
};

const struct pscope_kind pscope_kind_u64 = {
	.name = "u64",
	.fields = pscope_value_field,
	WORD_KIND,
};
