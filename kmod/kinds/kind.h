/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kind: how a counter lies in memory, and the idioms that update it, which is one
 * file of this folder. Nothing here knows of counters, users or jobs, and nobody else
 * knows a kind by its number.
 */
#ifndef PSCOPE_KIND_H
#define PSCOPE_KIND_H

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/types.h>

#include "../uapi/percpu_scope.h"

struct pscope_kind;

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

/* So is an atomic_t or atomic_long_t: parisc, sparc32 and some of ARC make theirs of locks. */
#if BITS_PER_LONG == 64 || defined(CONFIG_X86) || defined(CONFIG_ARM)
#define PSCOPE_ATOMIC_WORD	PSCOPE_ANY
#else
#define PSCOPE_ATOMIC_WORD	PSCOPE_MASKABLE
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

/*
 * this_cpu operations on what is no wider than a word: one instruction on x86; LL/SC or
 * LSE on arm64; laag, agsi and cmpxchg with preemption off on s390, where later kernels
 * go on behind an interrupt as if they had never begun; amadd and LL/SC on LoongArch.
 * Elsewhere interrupts are off, which leaves the NMIs.
 */
#if defined(CONFIG_X86) || defined(CONFIG_ARM64) || defined(CONFIG_S390) || \
	defined(CONFIG_LOONGARCH)
#define PSCOPE_THIS_CPU_WORD	PSCOPE_ANY
#else
#define PSCOPE_THIS_CPU_WORD	PSCOPE_MASKABLE
#endif

/* And on a u64, which is two words of a 32-bit kernel. */
#if BITS_PER_LONG == 64
#define PSCOPE_THIS_CPU_U64	PSCOPE_THIS_CPU_WORD
#else
#define PSCOPE_THIS_CPU_U64	PSCOPE_MASKABLE
#endif

/* __this_cpu operations on a word: an instruction on x86, plain C on the others. */
#ifdef CONFIG_X86
#define PSCOPE_RAW_CPU_UNTORN	PERCPU_SCOPE_IDIOM_UNTORN
#else
#define PSCOPE_RAW_CPU_UNTORN	0
#endif

/**
 * struct pscope_memory - where one counter lies
 * @percpu: for a kind that is per-CPU memory
 * @address: for all others
 */
struct pscope_memory {
	union {
		void __percpu *percpu;
		void *address;
	};
};

/**
 * struct pscope_idiom - one way to update one kind, and what it promises here
 * @name: as users call it
 * @call: the kernel API that it shows
 * @kind: of the counters that it updates
 * @flags: mask of PERCPU_SCOPE_IDIOM_*
 * @conserved: contexts that lose nothing together
 * @runnable: contexts that it does not hang in
 * @elsewhere: contexts in which it updates other CPUs' copies
 * @sleeps_on_rt: takes a spinlock_t
 * @update: update this CPU's copy, in any of the runnable contexts. Preemption may be
 *	on: what an idiom needs to be off it turns off itself.
 */
struct pscope_idiom {
	const char *name;
	const char *call;
	const struct pscope_kind *kind;
	u32 flags;
	u32 conserved;
	u32 runnable;
	u32 elsewhere;
	bool sleeps_on_rt;
	void (*update)(const struct pscope_memory *memory, unsigned long times);
};

/**
 * struct pscope_field - one of the values of a counter
 * @name: as users call it
 * @weight: what one update adds; the first field's is 1, and tells the updates
 * @bits: 64, or fewer: it wraps at 2^bits
 */
struct pscope_field {
	const char *name;
	u64 weight;
	u32 bits;
};

/* The most fields that a kind here has: what buffers for one reading have room for. */
#define PSCOPE_FIELDS_MAX	6

/* What is kept out of the sections of a copy: the rule that lockdep checks. */
enum pscope_kept_out {
	PSCOPE_NOTHING_OUT,
	PSCOPE_SOFTIRQS_OUT,
	PSCOPE_HARDIRQS_OUT,
	PSCOPE_KEPT_OUT_COUNT,
};

/**
 * struct pscope_kind - how a counter lies in memory
 * @name: as users call it
 * @fields: its values, in the order of a record
 * @field_count: how many
 * @size: bytes of one copy; of the whole if shared
 * @align: bytes
 * @unskewed: one read_copy() never mixes two updates
 * @percpu: it is per-CPU memory
 * @folds: what a CPU counts moves from its copy to what is shared by and by
 * @idioms: the correct ones; controls have tables of their own
 * @idiom_count: how many
 * @alloc: alloc_percpu_gfp() of its type, with flags, or alloc_percpu() without any.
 *	NULL: it cannot be created.
 * @init: make zeroed memory usable: locks, sequence counts, what it allocates. 0 or a
 *	negative error. NULL: it is.
 * @exit: give back what @init allocated. NULL: nothing, and @init cannot fail.
 * @read_copy: one attempt to read a CPU's copy. It sets all fields; false if a writer
 *	was at work, and they may then not agree. NULL: no copies.
 * @copy_address: of a CPU's copy. NULL: no copies.
 * @read_shared: the part that belongs to no CPU. NULL: none.
 * @read_all: all parts together, for those that move from one to another: what is shared,
 *	then the copies of all possible CPUs, as in a record. NULL: each part stands by
 *	itself, and they can be read one after another.
 * @section_open: is a write section open on this CPU's copy? For interrupts of the
 *	writer. NULL: updates have no sections.
 * @set_lock_class: tell lockdep by which rule a CPU's copy is written from now on. On that
 *	CPU, or while it is offline. NULL: updates take no lock.
 * @set: give every copy, or what is shared, the value of so many updates, as a pattern
 *	or as sums. Only while nothing updates; readers may be at work.
 * @count_call: one update from a kprobe's handler, in any context. NULL: none can.
 */
struct pscope_kind {
	const char *name;
	const struct pscope_field *fields;
	unsigned int field_count;
	size_t size;
	size_t align;
	bool unskewed;
	bool percpu;
	bool folds;
	const struct pscope_idiom *idioms;
	unsigned int idiom_count;

	void __percpu *(*alloc)(gfp_t flags);
	int (*init)(const struct pscope_memory *memory);
	void (*exit)(const struct pscope_memory *memory);
	bool (*read_copy)(const struct pscope_memory *memory, unsigned int cpu, u64 *values);
	void *(*copy_address)(const struct pscope_memory *memory, unsigned int cpu);
	void (*read_shared)(const struct pscope_memory *memory, u64 *values);
	void (*read_all)(const struct pscope_memory *memory, u64 *values);
	bool (*section_open)(const struct pscope_memory *memory);
	void (*set_lock_class)(const struct pscope_memory *memory, unsigned int cpu,
			       enum pscope_kept_out kept_out);
	void (*set)(const struct pscope_memory *memory, u64 updates, bool pattern);
	void (*count_call)(const struct pscope_memory *memory);
};

/* What most kinds have: one field, which counts. */
extern const struct pscope_field pscope_value_field[1];

/* The pattern of so many updates: see PERCPU_SCOPE_IDIOM_PATTERN. */
static inline u64 pscope_pattern(u32 half)
{
	return (u64)half << 32 | half;
}

static inline u64 pscope_pattern_next(u64 value, u32 weight)
{
	return pscope_pattern((u32)value + weight);
}

/* A field's value after so many updates from zero. */
static inline u64 pscope_value_after(u64 updates, u64 weight, bool pattern)
{
	return pattern ? pscope_pattern((u32)updates * (u32)weight) : updates * weight;
}

/* The online CPU after this one, round about; this one if it is alone. */
static inline unsigned int pscope_next_online(unsigned int cpu)
{
	cpu = cpumask_next(cpu, cpu_online_mask);
	return cpu < nr_cpu_ids ? cpu : cpumask_first(cpu_online_mask);
}

/* copy_address() of kinds that are per-CPU memory. */
void *pscope_percpu_copy_address(const struct pscope_memory *memory, unsigned int cpu);

#endif /* PSCOPE_KIND_H */
