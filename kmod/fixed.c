// SPDX-License-Identifier: GPL-2.0-only
/*
 * The static counters: one u64 for each DEFINE_PER_CPU variant, and one counter of each
 * other kind. Adding one is a definition and a table entry.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/percpu-refcount.h>
#include <linux/percpu_counter.h>
#include <linux/string.h>
#include <asm/local64.h>

#include "compat.h"
#include "fixed.h"
#include "init_step.h"
#include "kinds/groups/group.h"
#include "kinds/kinds.h"
#include "kinds/local_lock.h"
#include "kinds/groups/rings.h"
#include "kinds/shared.h"
#include "registry.h"
#include "variants.h"

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
static DEFINE_PER_CPU(unsigned long, pscope_ulong);
static DEFINE_PER_CPU(u32, pscope_u32);
static DEFINE_PER_CPU(int, pscope_int);
static DEFINE_PER_CPU(struct pscope_local_locked, pscope_local_lock);
static DEFINE_PER_CPU(struct pscope_local_locked, pscope_local_lock_irqsave);
#ifdef PSCOPE_HAS_NESTED_BH
static DEFINE_PER_CPU(struct pscope_local_locked, pscope_local_lock_nested_bh);
#endif
static DEFINE_PER_CPU(struct pscope_stats_group, pscope_stats);
static DEFINE_PER_CPU(struct pscope_rings, pscope_u64_stats_rings);
static DEFINE_PER_CPU(struct pscope_seqcount_group, pscope_seqcount);

static atomic64_t pscope_atomic64;
static struct pscope_locked_u64 pscope_spinlock;
static u64 pscope_array_packed[NR_CPUS];
static struct pscope_padded_u64 pscope_array_padded[NR_CPUS];
static struct percpu_counter pscope_percpu_counter;
static struct percpu_ref pscope_percpu_ref;
static struct percpu_ref pscope_percpu_ref_atomic;

/* Without SMP a per-CPU variable is a variable: data of the module's own. */
#ifdef CONFIG_SMP
#define SHARED_ALIGN		SMP_CACHE_BYTES
#define PERCPU_IN_MODULE	false
#else
#define SHARED_ALIGN		__alignof__(u64)
#define PERCPU_IN_MODULE	true
#endif

#define STATIC_PERCPU(name_, kind_, variable_, variant_, align_) {	\
	.name = #name_,							\
	.variant = PSCOPE_##variant_,					\
	.kind = &pscope_kind_##kind_,					\
	.align = (align_),						\
	.memory.percpu = &(variable_),					\
	.copies_in_module = PERCPU_IN_MODULE,				\
}

#define STATIC_U64(name_, macro_, align_)				\
	STATIC_PERCPU(name_, u64, pscope_##name_, macro_, align_)
/* Of a type's own alignment. */
#define STATIC_KIND(name_, kind_)					\
	STATIC_PERCPU(name_, kind_, pscope_##name_, DEFINE_PER_CPU, 0)

/* What is shared has no copies, and a percpu_counter's are allocated: arrays alone do. */
#define STATIC_ORDINARY(name_, in_module_) {				\
	.name = #name_,							\
	.variant = PSCOPE_ORDINARY,					\
	.kind = &pscope_kind_##name_,					\
	.memory.address = &pscope_##name_,				\
	.copies_in_module = (in_module_),				\
}

static struct pscope_counter counters[] = {
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
	STATIC_KIND(local64, local64),
	STATIC_KIND(stats, u64_stats),
	STATIC_KIND(seqcount, seqcount),
	STATIC_ORDINARY(atomic64, false),
	STATIC_ORDINARY(spinlock, false),
	STATIC_ORDINARY(array_packed, true),
	STATIC_ORDINARY(array_padded, true),
	STATIC_ORDINARY(percpu_counter, false),
	STATIC_KIND(ulong, ulong),
	STATIC_KIND(u32, u32),
	STATIC_KIND(int, int),
	STATIC_PERCPU(symbol, symbol, pscope_by_symbol, DEFINE_PER_CPU, 0),
	STATIC_KIND(local_lock, local_lock),
	STATIC_KIND(local_lock_irqsave, local_lock_irqsave),
	STATIC_PERCPU(differential, differential, pscope_differential, DEFINE_PER_CPU, 0),
	/* Its own file has them. */
	{ .name = "nodes", .variant = PSCOPE_ORDINARY, .kind = &pscope_kind_nodes },
#ifdef CONFIG_NET
	STATIC_PERCPU(sw_netstats, sw_netstats, pscope_sw_netstats, DEFINE_PER_CPU, 0),
	STATIC_PERCPU(lstats, lstats, pscope_lstats, DEFINE_PER_CPU, 0),
#ifdef PSCOPE_HAS_DSTATS
	STATIC_PERCPU(dstats, dstats, pscope_dstats, DEFINE_PER_CPU, 0),
#endif
#endif
	STATIC_KIND(u64_stats_rings, u64_stats_rings),
	STATIC_ORDINARY(percpu_ref, false),
	STATIC_ORDINARY(percpu_ref_atomic, false),
#ifdef PSCOPE_HAS_NESTED_BH
	STATIC_KIND(local_lock_nested_bh, local_lock_nested_bh),
#endif
};

unsigned long pscope_fixed_base(void)
{
	unsigned long base = ULONG_MAX;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counters); i++)
		if (counters[i].kind->percpu)
			base = min(base, (__force unsigned long)counters[i].memory.percpu);
	return base;
}

/* They go with the module, whose memory they are; but not what their kind allocated. */
static void release(struct pscope_counter *counter)
{
	if (counter->kind->exit)
		counter->kind->exit(&counter->memory);
}

static int init_memory(const struct pscope_counter *counter)
{
	const struct pscope_kind *kind = counter->kind;
	int ret = 0;

	if (!kind->init)
		return 0;
	if (kind->exit)
		ret = pscope_init_step();
	return ret ?: kind->init(&counter->memory);
}

/*
 * That it fails is tried of those that have allocated, and of some others, since one is
 * published as the other: see init_step.h.
 */
#define TRIED_EVERY	8

static int publish(struct pscope_counter *counter)
{
	bool is_tried = counter->kind->exit ||
			(counter - counters) % TRIED_EVERY == TRIED_EVERY - 1;
	u32 number;
	int ret;

	counter->origin = PERCPU_SCOPE_ORIGIN_STATIC;
	counter->bytes = counter->kind->size;
	if (!counter->align)
		counter->align = counter->kind->align;
	counter->release = release;
	pscope_counter_init(counter);
	ret = init_memory(counter);
	if (ret)
		return ret;
	ret = pscope_registry_reserve(counter);
	if (ret)
		goto release;
	if (is_tried)
		ret = pscope_init_step();
	ret = ret ?: pscope_registry_publish(counter, &number);
	if (!ret)
		return 0;
	pscope_registry_cancel(counter);
release:
	release(counter);
	return ret;
}

int pscope_fixed_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		ret = publish(&counters[i]);
		if (ret) {
			pscope_registry_clear();
			return ret;
		}
	}
	return 0;
}
