// SPDX-License-Identifier: GPL-2.0-only
/*
 * The static counters: one u64 for each DEFINE_PER_CPU variant, and one
 * counter of each other storage. Adding one is a definition and a table entry.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/percpu_counter.h>
#include <linux/string.h>
#include <asm/local64.h>

#include "compat.h"
#include "counter.h"
#include "storage.h"

/*
 * A module's section of per-CPU data is as aligned as the most aligned thing in
 * it, and comes out of the 8 KiB that all modules share (PERCPU_MODULE_RESERVE),
 * which begin wherever the kernel's own data end. With pages of 4 KiB an aligned
 * section always fits, with 16 KiB by luck, with 64 KiB never, and then the
 * module does not load.
 */
#if PAGE_SHIFT <= 12 || !defined(MODULE)
#define HAS_PAGE_ALIGNED
#endif

static DEFINE_PER_CPU(u64, pscope_plain);
#ifdef DEFINE_PER_CPU_FIRST
static DEFINE_PER_CPU_FIRST(u64, pscope_first);
#endif
static DEFINE_PER_CPU_SHARED_ALIGNED(u64, pscope_shared_aligned);
static DEFINE_PER_CPU_ALIGNED(u64, pscope_aligned);
#ifdef HAS_PAGE_ALIGNED
static DEFINE_PER_CPU_PAGE_ALIGNED(u64, pscope_page_aligned);
#endif
static DEFINE_PER_CPU_READ_MOSTLY(u64, pscope_read_mostly);

static DEFINE_PER_CPU(local64_t, pscope_local64);
static DEFINE_PER_CPU(struct pscope_stats_group, pscope_stats);
static DEFINE_PER_CPU(struct pscope_seqcount_group, pscope_seqcount);

static atomic64_t pscope_atomic64;
static struct pscope_locked_u64 pscope_spinlock;
static u64 pscope_array_packed[NR_CPUS];
static struct pscope_padded_u64 pscope_array_padded[NR_CPUS];
static struct percpu_counter pscope_percpu_counter;

/* Without SMP a per-CPU variable is a variable: data of the module's own. */
#ifdef CONFIG_SMP
#define SHARED_ALIGN		SMP_CACHE_BYTES
#define PERCPU_IN_MODULE	false
#else
#define SHARED_ALIGN		__alignof__(u64)
#define PERCPU_IN_MODULE	true
#endif

#define STATIC_U64(name_, macro_, align_) {			\
	.name = #name_,						\
	.variant = PERCPU_SCOPE_VARIANT_##macro_,		\
	.storage = &pscope_storages[PERCPU_SCOPE_STORAGE_U64],	\
	.align = (align_),					\
	.percpu = &pscope_##name_,				\
	.copies_in_module = PERCPU_IN_MODULE,			\
}

#define STATIC_PERCPU(name_, storage_) {				\
	.name = #name_,							\
	.variant = PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU,			\
	.storage = &pscope_storages[PERCPU_SCOPE_STORAGE_##storage_],	\
	.percpu = &pscope_##name_,					\
	.copies_in_module = PERCPU_IN_MODULE,				\
}

/* What is shared has no copies, and a percpu_counter's are allocated. */
#define STATIC_ORDINARY(name_, storage_) {				\
	.name = #name_,							\
	.variant = PERCPU_SCOPE_VARIANT_ORDINARY,			\
	.storage = &pscope_storages[PERCPU_SCOPE_STORAGE_##storage_],	\
	.memory = &pscope_##name_,					\
}

#define STATIC_ARRAY(name_, storage_) {					\
	.name = #name_,							\
	.variant = PERCPU_SCOPE_VARIANT_ORDINARY,			\
	.storage = &pscope_storages[PERCPU_SCOPE_STORAGE_##storage_],	\
	.memory = &pscope_##name_,					\
	.copies_in_module = true,					\
}

static struct pscope_counter static_counters[] = {
	STATIC_U64(plain, DEFINE_PER_CPU, __alignof__(u64)),
#ifdef DEFINE_PER_CPU_FIRST
	STATIC_U64(first, DEFINE_PER_CPU_FIRST, __alignof__(u64)),
#endif
	STATIC_U64(shared_aligned, DEFINE_PER_CPU_SHARED_ALIGNED, SHARED_ALIGN),
	STATIC_U64(aligned, DEFINE_PER_CPU_ALIGNED, SMP_CACHE_BYTES),
#ifdef HAS_PAGE_ALIGNED
	STATIC_U64(page_aligned, DEFINE_PER_CPU_PAGE_ALIGNED, PAGE_SIZE),
#endif
	STATIC_U64(read_mostly, DEFINE_PER_CPU_READ_MOSTLY, __alignof__(u64)),
	STATIC_PERCPU(local64, LOCAL64),
	STATIC_PERCPU(stats, U64_STATS),
	STATIC_PERCPU(seqcount, SEQCOUNT),
	STATIC_ORDINARY(atomic64, ATOMIC64),
	STATIC_ORDINARY(spinlock, SPINLOCK),
	STATIC_ARRAY(array_packed, ARRAY_PACKED),
	STATIC_ARRAY(array_padded, ARRAY_PADDED),
	STATIC_ORDINARY(percpu_counter, PERCPU_COUNTER),
};

unsigned long pscope_static_base(void)
{
	unsigned long base = ULONG_MAX;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(static_counters); i++)
		if (static_counters[i].storage->percpu)
			base = min(base, (__force unsigned long)static_counters[i].percpu);
	return base;
}

int pscope_static_counters_init(void)
{
	unsigned int i;
	u32 id;
	int ret;

	ret = percpu_counter_init(&pscope_percpu_counter, 0, GFP_KERNEL);
	if (ret)
		return ret;

	for (i = 0; i < ARRAY_SIZE(static_counters); i++) {
		struct pscope_counter *counter = &static_counters[i];

		counter->origin = PERCPU_SCOPE_ORIGIN_STATIC;
		counter->size = counter->storage->size;
		if (!counter->align)
			counter->align = counter->storage->align;
		if (counter->storage->init)
			counter->storage->init(counter);
		ret = pscope_counter_reserve(counter);
		if (ret)
			goto exit_registry;
		ret = pscope_counter_publish(counter, &id);
		if (ret)
			goto cancel;
	}
	return 0;

cancel:
	pscope_counter_cancel(&static_counters[i]);
exit_registry:
	pscope_registry_exit();
	return ret;
}

void pscope_static_counters_exit(void)
{
	percpu_counter_destroy(&pscope_percpu_counter);
}
