/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An idiom: one way to update one kind of storage, and what it promises on this
 * architecture and configuration. Good ones are in *_idioms.c by the family of
 * their storage, controls in controls.c; adding one is a function and an entry
 * of that file's table.
 */
#ifndef PSCOPE_IDIOM_H
#define PSCOPE_IDIOM_H

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/types.h>

#include "uapi/percpu_scope.h"

struct pscope_counter;
struct pscope_storage;

#define PSCOPE_TASK	BIT(PERCPU_SCOPE_CONTEXT_TASK)
#define PSCOPE_SOFTIRQ	BIT(PERCPU_SCOPE_CONTEXT_SOFTIRQ)
#define PSCOPE_HARDIRQ	BIT(PERCPU_SCOPE_CONTEXT_HARDIRQ)
#define PSCOPE_NMI	BIT(PERCPU_SCOPE_CONTEXT_NMI)

#define PSCOPE_MASKABLE	(PSCOPE_TASK | PSCOPE_SOFTIRQ | PSCOPE_HARDIRQ)
#define PSCOPE_ANY	(PSCOPE_MASKABLE | PSCOPE_NMI)

/*
 * Promises that several tables make. Plain C on a copy: an increment is whole on
 * some machines, promised on none. With PREEMPT_RT, turning preemption off keeps
 * softirqs out as well, which are threads there: that is no promise of plain C.
 */
#define PSCOPE_PLAIN_C	PSCOPE_TASK

/* atomic64_t is whole in any context, unless made of spinlocks (lib/atomic64.c). */
#ifdef CONFIG_GENERIC_ATOMIC64
#define PSCOPE_ATOMIC64	PSCOPE_MASKABLE
#else
#define PSCOPE_ATOMIC64	PSCOPE_ANY
#endif

/*
 * local64_t is a local_t or an atomic64_t. The local_t of 64-bit Book3S turns
 * interrupts and those of performance monitors off, which leaves the NMIs
 * (arch/powerpc/include/asm/local.h).
 */
#ifdef CONFIG_PPC_BOOK3S_64
#define PSCOPE_LOCAL64	PSCOPE_MASKABLE
#else
#define PSCOPE_LOCAL64	PSCOPE_ATOMIC64
#endif

/*
 * Loads and stores of a word do not tear, however wrong they may be, where they
 * are instructions of the kernel's choice: this_cpu operations, READ_ONCE() and
 * WRITE_ONCE(). Of an increment in plain C the compiler may make what it likes
 * (tools/memory-model/Documentation/access-marking.txt).
 */
#if BITS_PER_LONG == 64
#define PSCOPE_WORD_UNTORN	PERCPU_SCOPE_IDIOM_UNTORN
#else
#define PSCOPE_WORD_UNTORN	0
#endif

struct pscope_idiom {
	const char *name;
	const char *call;
	u32 flags;	/* PERCPU_SCOPE_IDIOM_* */
	u64 storages;	/* mask of BIT(enum percpu_scope_storage) */
	u32 conserved;	/* contexts that lose nothing together */
	u32 runnable;	/* contexts that it does not hang in */
	u32 elsewhere;	/* contexts in which it updates other CPUs' copies */
	bool sleeps_on_rt;	/* takes a spinlock_t */
	/*
	 * Update this CPU's copy, in any of the runnable contexts. Preemption
	 * may be on: what an idiom needs to be off it turns off itself.
	 */
	void (*update)(struct pscope_counter *counter, unsigned long times);
};

#define PSCOPE_STORES(storage)	BIT_ULL(PERCPU_SCOPE_STORAGE_##storage)

/* The next pattern value: see PERCPU_SCOPE_IDIOM_PATTERN. */
static inline u64 pscope_pattern_next(u64 value, u32 weight)
{
	u32 half = (u32)value + weight;

	return (u64)half << 32 | half;
}

/* The online CPU after this one, round about; this one if it is alone. */
static inline unsigned int pscope_next_online(unsigned int cpu)
{
	cpu = cpumask_next(cpu, cpu_online_mask);
	return cpu < nr_cpu_ids ? cpu : cpumask_first(cpu_online_mask);
}

unsigned int pscope_idiom_count(void);
/* NULL if there is none. Ids run from 0 to pscope_idiom_count() - 1. */
const struct pscope_idiom *pscope_idiom_get(u32 id);
/* Is there one whose readings can be verified? */
bool pscope_has_pattern_idiom(const struct pscope_storage *storage);
void pscope_idiom_describe(u32 id, struct percpu_scope_idiom *description);

/*
 * Tables of idioms, each named after its file; idioms.c makes one list of them.
 * Controls are built with CONFIG_PERCPU_SCOPE_CONTROLS alone.
 */
extern const struct pscope_idiom pscope_word_idioms[];
extern const unsigned int pscope_word_idiom_count;
extern const struct pscope_idiom pscope_group_idioms[];
extern const unsigned int pscope_group_idiom_count;
extern const struct pscope_idiom pscope_shared_idioms[];
extern const unsigned int pscope_shared_idiom_count;
extern const struct pscope_idiom pscope_controls[];
extern const unsigned int pscope_control_count;

#endif /* PSCOPE_IDIOM_H */
