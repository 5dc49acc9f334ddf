// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct percpu_ref: references counted per CPU until somebody waits for the last one to
 * be given back, and in one atomic_long_t from then on, or from the start. What is
 * counted here are references that are held: an update takes one more.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/percpu-refcount.h>

#include "all.h"

/* What is in the count beside references: the creator's own, and the mark of per-CPU mode. */
#define OWN_REFERENCE	1UL
/* PERCPU_COUNT_BIAS of lib/percpu-refcount.c, which keeps it to itself. */
#define PERCPU_BIAS	(1UL << (BITS_PER_LONG - 1))

static void update_get(const struct pscope_memory *memory, unsigned long times)
{
	while (times--)
		percpu_ref_get(memory->address);
}

static void update_tryget_live(const struct pscope_memory *memory, unsigned long times)
{
	/* Nobody kills it. One that failed would be missing from the count. */
	while (times--)
		percpu_ref_tryget_live(memory->address);
}

/* Given back wherever the task is by then: that CPU's part may be less than nothing. */
static void update_get_put(const struct pscope_memory *memory, unsigned long times)
{
	while (times--) {
		percpu_ref_get_many(memory->address, 2);
		percpu_ref_put(memory->address);
	}
}

static const struct pscope_idiom percpu_idioms[] = {
	{
		.name = "percpu_ref_get",
		.call = "percpu_ref_get(&ref)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_percpu_ref,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = update_get,
	}, {
		.name = "percpu_ref_tryget_live",
		.call = "percpu_ref_tryget_live(&ref)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_percpu_ref,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = update_tryget_live,
	}, {
		.name = "percpu_ref_put",
		.call = "percpu_ref_get_many(&ref, 2); percpu_ref_put(&ref)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_TRANSIENT,
		.kind = &pscope_kind_percpu_ref,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = update_get_put,
	},
};

static const struct pscope_idiom atomic_idioms[] = {
	{
		.name = "percpu_ref_get_atomic",
		.call = "percpu_ref_get(&ref), PERCPU_REF_INIT_ATOMIC",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_percpu_ref_atomic,
		.conserved = PSCOPE_ATOMIC_WORD,
		.runnable = PSCOPE_ATOMIC_WORD,
		.update = update_get,
	}, {
		.name = "percpu_ref_put_atomic",
		.call = "percpu_ref_get_many(&ref, 2); percpu_ref_put(), INIT_ATOMIC",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_TRANSIENT,
		.kind = &pscope_kind_percpu_ref_atomic,
		.conserved = PSCOPE_ATOMIC_WORD,
		.runnable = PSCOPE_ATOMIC_WORD,
		.update = update_get_put,
	},
};

static void last_reference(struct percpu_ref *ref)
{
	/* Never in per-CPU mode; in the other one a count may come by zero as it wraps. */
}

static int percpu_init(const struct pscope_memory *memory)
{
	return percpu_ref_init(memory->address, last_reference, 0, GFP_KERNEL);
}

static int atomic_init(const struct pscope_memory *memory)
{
	return percpu_ref_init(memory->address, last_reference, PERCPU_REF_INIT_ATOMIC,
			       GFP_KERNEL);
}

static void ref_exit(const struct pscope_memory *memory)
{
	percpu_ref_exit(memory->address);
}

static void *ref_copy_address(const struct pscope_memory *memory, unsigned int cpu)
{
	const struct percpu_ref *ref = memory->address;

	/* It is in per-CPU mode, and has no flags in its pointer. */
	return per_cpu_ptr((unsigned long __percpu *)ref->percpu_count_ptr, cpu);
}

static bool ref_read_copy(const struct pscope_memory *memory, unsigned int cpu, u64 *values)
{
	const unsigned long *part = ref_copy_address(memory, cpu);

	/* With its sign: parts below zero add up. */
	values[0] = (long)READ_ONCE(*part);
	return true;
}

static unsigned long not_references(const struct percpu_ref *ref)
{
	return OWN_REFERENCE +
	       (ref->percpu_count_ptr & __PERCPU_REF_ATOMIC ? 0 : PERCPU_BIAS);
}

static void ref_read_shared(const struct pscope_memory *memory, u64 *values)
{
	const struct percpu_ref *ref = memory->address;

	values[0] = (unsigned long)atomic_long_read(&ref->data->count) - not_references(ref);
}

static void percpu_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	const struct percpu_ref *ref = memory->address;
	unsigned long *part;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		part = ref_copy_address(memory, cpu);
		WRITE_ONCE(*part, (unsigned long)pscope_value_after(updates, 1, pattern));
	}
	atomic_long_set(&ref->data->count, not_references(ref));
}

static void atomic_set_count(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	const struct percpu_ref *ref = memory->address;

	atomic_long_set(&ref->data->count,
			(unsigned long)pscope_value_after(updates, 1, pattern) +
			not_references(ref));
}

static const struct pscope_field fields[] = {
	{ "references", 1, BITS_PER_LONG },
};

#define REF_KIND							\
	.fields = fields,						\
	.field_count = ARRAY_SIZE(fields),				\
	.size = sizeof(struct percpu_ref),				\
	.align = __alignof__(struct percpu_ref),			\
	.unskewed = true,						\
	.exit = ref_exit,						\
	.read_shared = ref_read_shared

const struct pscope_kind pscope_kind_percpu_ref = {
	.name = "percpu_ref",
	.idioms = percpu_idioms,
	.idiom_count = ARRAY_SIZE(percpu_idioms),
	.init = percpu_init,
	.read_copy = ref_read_copy,
	.copy_address = ref_copy_address,
	.set = percpu_set,
	REF_KIND,
};

const struct pscope_kind pscope_kind_percpu_ref_atomic = {
	.name = "percpu_ref_atomic",
	.idioms = atomic_idioms,
	.idiom_count = ARRAY_SIZE(atomic_idioms),
	.init = atomic_init,
	.set = atomic_set_count,
	REF_KIND,
};
