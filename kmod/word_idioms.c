// SPDX-License-Identifier: GPL-2.0-only
/*
 * Correct idioms for one per-CPU word, a u64 or a local64_t. Each function
 * shows one kernel API as a driver would use it; what it promises stands in its
 * table entry, with the reason.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <asm/local64.h>

#include "counter.h"
#include "idiom.h"
#include "storage.h"

static void update_this_cpu_inc(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;

	while (times--)
		this_cpu_inc(*p);
}

static void update_this_cpu_add(struct pscope_counter *counter, unsigned long times)
{
	const u64 amount = counter->storage->fields[0].weight;
	u64 __percpu *p = counter->percpu;

	while (times--)
		this_cpu_add(*p, amount);
}

static void update___this_cpu_inc(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;

	while (times--) {
		preempt_disable();
		__this_cpu_inc(*p);
		preempt_enable();
	}
}

static void update_this_cpu_cmpxchg(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;
	u64 old;

	while (times--) {
		/* The task may migrate in between: then the other CPU's value differs, or suits. */
		do {
			old = this_cpu_read(*p);
		} while (this_cpu_cmpxchg(*p, old, old + 1) != old);
	}
}

static void update_get_cpu_var(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;

	while (times--) {
		get_cpu_var(*p)++;
		put_cpu_var(*p);
	}
}

static void update_get_cpu_ptr(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;

	while (times--) {
		u64 *copy = get_cpu_ptr(p);

		*copy += 1;
		put_cpu_ptr(p);
	}
}

static void update_this_cpu_ptr(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;

	while (times--) {
		preempt_disable();
		*this_cpu_ptr(p) += 1;
		preempt_enable();
	}
}

static void update_local64_inc(struct pscope_counter *counter, unsigned long times)
{
	local64_t __percpu *p = counter->percpu;

	while (times--) {
		/* Local only while this CPU is ours: core-api/local_ops.rst */
		local64_inc(get_cpu_ptr(p));
		put_cpu_ptr(p);
	}
}

static void update_this_cpu_write(struct pscope_counter *counter, unsigned long times)
{
	const u32 weight = counter->storage->fields[0].weight;
	u64 __percpu *p = counter->percpu;

	while (times--) {
		/* What was read is what is written to: one CPU's copy. */
		preempt_disable();
		this_cpu_write(*p, pscope_pattern_next(this_cpu_read(*p), weight));
		preempt_enable();
	}
}

static void update_local64_set(struct pscope_counter *counter, unsigned long times)
{
	const u32 weight = counter->storage->fields[0].weight;
	local64_t __percpu *p = counter->percpu;

	while (times--) {
		local64_t *copy = get_cpu_ptr(p);

		local64_set(copy, pscope_pattern_next(local64_read(copy), weight));
		put_cpu_ptr(p);
	}
}

/*
 * It is given the counter, not its pointer: with GCC 14 and later, x86 has
 * __percpu pointers in an address space of their own, out of which a cast to
 * void * draws a warning.
 */
static void increment_here(void *argument)
{
	const struct pscope_counter *counter = argument;
	u64 __percpu *p = counter->percpu;

	this_cpu_inc(*p);
}

/*
 * The way to change another CPU's copy: have that CPU do it. The next online
 * one, so that with two CPUs each updates the other's.
 */
static void update_remote_call(struct pscope_counter *counter, unsigned long times)
{
	unsigned int cpu;

	while (times--) {
		cpu = raw_smp_processor_id();
		/* -ENXIO if it went down in between: then another one. */
		do {
			cpu = pscope_next_online(cpu);
		} while (smp_call_function_single(cpu, increment_here, counter, true));
	}
}

/*
 * this_cpu operations on a u64: one instruction on x86-64; LL/SC or LSE on arm64;
 * laag, agsi and cmpxchg with preemption off on s390, where later kernels go on
 * behind an interrupt as if they had never begun; amadd and LL/SC on LoongArch.
 * Elsewhere, and on all 32-bit kernels, interrupts are off, which leaves the NMIs.
 */
#if defined(CONFIG_X86_64) || defined(CONFIG_ARM64) || defined(CONFIG_S390) || \
	defined(CONFIG_LOONGARCH)
#define THIS_CPU_U64	PSCOPE_ANY
#else
#define THIS_CPU_U64	PSCOPE_MASKABLE
#endif

/* __this_cpu operations: an instruction on x86, plain C on the others. */
#ifdef CONFIG_X86
#define RAW_CPU_UNTORN	PSCOPE_WORD_UNTORN
#else
#define RAW_CPU_UNTORN	0
#endif

const struct pscope_idiom pscope_word_idioms[] = {
	{
		.name = "this_cpu_inc",
		.call = "this_cpu_inc(*p)",
		.flags = PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = update_this_cpu_inc,
	}, {
		.name = "this_cpu_add",
		.call = "this_cpu_add(*p, n)",
		.flags = PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = update_this_cpu_add,
	}, {
		.name = "__this_cpu_inc",
		.call = "preempt_disable(); __this_cpu_inc(*p)",
		.flags = RAW_CPU_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update___this_cpu_inc,
	}, {
		.name = "this_cpu_cmpxchg",
		.call = "while (this_cpu_cmpxchg(*p, old, old + 1) != old)",
		.flags = PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = THIS_CPU_U64,
		.runnable = PSCOPE_ANY,
		.update = update_this_cpu_cmpxchg,
	}, {
		.name = "get_cpu_var",
		.call = "get_cpu_var(*p)++; put_cpu_var(*p)",
		.storages = PSCOPE_STORES(U64),
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_get_cpu_var,
	}, {
		.name = "get_cpu_ptr",
		.call = "*get_cpu_ptr(p) += 1; put_cpu_ptr(p)",
		.storages = PSCOPE_STORES(U64),
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_get_cpu_ptr,
	}, {
		.name = "this_cpu_ptr",
		.call = "preempt_disable(); *this_cpu_ptr(p) += 1",
		.storages = PSCOPE_STORES(U64),
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_this_cpu_ptr,
	}, {
		.name = "smp_call_this_cpu_inc",
		.call = "smp_call_function_single(other, this_cpu_inc(*p))",
		.flags = PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		/* It waits for the other CPU. */
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_TASK,
		.elsewhere = PSCOPE_HARDIRQ,
		.update = update_remote_call,
	}, {
		.name = "this_cpu_write",
		.call = "preempt_disable(); this_cpu_write(*p, pattern)",
		.flags = PSCOPE_WORD_UNTORN | PERCPU_SCOPE_IDIOM_PATTERN,
		.storages = PSCOPE_STORES(U64),
		/* Reads, then writes: each whole, not both together. */
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = update_this_cpu_write,
	}, {
		.name = "local64_inc",
		.call = "local64_inc(get_cpu_ptr(p)); put_cpu_ptr(p)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(LOCAL64),
		.conserved = PSCOPE_LOCAL64,
		.runnable = PSCOPE_ATOMIC64,
		.update = update_local64_inc,
	}, {
		.name = "local64_set",
		.call = "local64_set(get_cpu_ptr(p), pattern); put_cpu_ptr(p)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_PATTERN,
		.storages = PSCOPE_STORES(LOCAL64),
		/* As above. */
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ATOMIC64,
		.update = update_local64_set,
	},
};

const unsigned int pscope_word_idiom_count = ARRAY_SIZE(pscope_word_idioms);
