/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The idioms of one per-CPU word, for a file that defines its type WORD, and what
 * that is called in symbols, WORD_NAME, first. Each
 * function shows one kernel API as a driver would use it; what it promises for this
 * width is for that file's table, which need not have all of them.
 */
#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "../kind.h"

/* Names of their own, for those who read symbols: update_u64_this_cpu_inc. */
#define UPDATE(idiom)	__PASTE(__PASTE(update_, WORD_NAME), __PASTE(_, idiom))
#define COUNT_CALL	__PASTE(WORD_NAME, _count_call)

/*
 * What is no constant for the compiler: of this_cpu_add(*p, 1) it would make an
 * increment.
 */
static WORD __maybe_unused hidden(WORD value)
{
	OPTIMIZER_HIDE_VAR(value);
	return value;
}

static void __maybe_unused UPDATE(this_cpu_inc)(const struct pscope_memory *memory,
						unsigned long times)
{
	WORD __percpu *p = memory->percpu;

	while (times--)
		this_cpu_inc(*p);
}

static void __maybe_unused UPDATE(this_cpu_add)(const struct pscope_memory *memory,
						unsigned long times)
{
	const WORD amount = hidden(1);
	WORD __percpu *p = memory->percpu;

	while (times--)
		this_cpu_add(*p, amount);
}

static void __maybe_unused UPDATE(__this_cpu_inc)(const struct pscope_memory *memory,
						  unsigned long times)
{
	WORD __percpu *p = memory->percpu;

	while (times--) {
		preempt_disable();
		__this_cpu_inc(*p);
		preempt_enable();
	}
}

static void __maybe_unused UPDATE(this_cpu_cmpxchg)(const struct pscope_memory *memory,
						    unsigned long times)
{
	WORD __percpu *p = memory->percpu;
	WORD old;

	while (times--) {
		/* The task may migrate in between: then the other CPU's value differs, or suits. */
		do {
			old = this_cpu_read(*p);
		} while (this_cpu_cmpxchg(*p, old, old + 1) != old);
	}
}

static void __maybe_unused UPDATE(get_cpu_var)(const struct pscope_memory *memory,
					       unsigned long times)
{
	WORD __percpu *p = memory->percpu;

	while (times--) {
		get_cpu_var(*p)++;
		put_cpu_var(*p);
	}
}

static void __maybe_unused UPDATE(get_cpu_ptr)(const struct pscope_memory *memory,
					       unsigned long times)
{
	WORD __percpu *p = memory->percpu;

	while (times--) {
		WORD *copy = get_cpu_ptr(p);

		*copy += 1;
		put_cpu_ptr(p);
	}
}

static void __maybe_unused UPDATE(this_cpu_ptr)(const struct pscope_memory *memory,
						unsigned long times)
{
	WORD __percpu *p = memory->percpu;

	while (times--) {
		preempt_disable();
		*this_cpu_ptr(p) += 1;
		preempt_enable();
	}
}

static void __maybe_unused UPDATE(this_cpu_add_return)(const struct pscope_memory *memory,
						       unsigned long times)
{
	WORD __percpu *p = memory->percpu;

	while (times--)
		this_cpu_add_return(*p, 1);
}

/* A part is taken out whole and put back with one more, wherever the task is by then. */
static void __maybe_unused UPDATE(this_cpu_xchg)(const struct pscope_memory *memory,
						 unsigned long times)
{
	WORD __percpu *p = memory->percpu;

	while (times--) {
		WORD taken = this_cpu_xchg(*p, 0);

		this_cpu_add(*p, taken + 1);
	}
}

/*
 * Flags beside a count in one word: whatever is set and kept of them, none here, takes
 * nothing from the count.
 */
static void __maybe_unused UPDATE(this_cpu_or)(const struct pscope_memory *memory,
					       unsigned long times)
{
	const WORD none = hidden(0);
	WORD __percpu *p = memory->percpu;

	while (times--) {
		this_cpu_or(*p, none);
		this_cpu_inc(*p);
		this_cpu_and(*p, ~none);
	}
}

static void COUNT_CALL(const struct pscope_memory *memory)
{
	WORD __percpu *p = memory->percpu;

	this_cpu_inc(*p);
}

NOKPROBE_SYMBOL(COUNT_CALL);

/* A word wider than the kernel's is two loads, and may tear: a bare one promises no more. */
static bool word_read_copy(const struct pscope_memory *memory, unsigned int cpu, u64 *values)
{
	WORD __percpu *p = memory->percpu;

	values[0] = READ_ONCE(*per_cpu_ptr(p, cpu));
	return true;
}

static void word_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	WORD __percpu *p = memory->percpu;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(*per_cpu_ptr(p, cpu), pscope_value_after(updates, 1, pattern));
}

static void __percpu *word_alloc(gfp_t flags)
{
	return flags ? alloc_percpu_gfp(WORD, flags) : alloc_percpu(WORD);
}

/* What is the same of every word's kind. */
#define WORD_KIND							\
	.field_count = 1,						\
	.size = sizeof(WORD),						\
	.align = __alignof__(WORD),					\
	.unskewed = true,						\
	.percpu = true,							\
	.idioms = idioms,						\
	.idiom_count = ARRAY_SIZE(idioms),				\
	.alloc = word_alloc,						\
	.read_copy = word_read_copy,					\
	.copy_address = pscope_percpu_copy_address,			\
	.set = word_set,						\
	.count_call = COUNT_CALL
