/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Variants: the macro or the call that makes a counter. There is a static counter of
 * each macro that the kernel has and that a module can use: in a module not of
 * _PAGE_ALIGNED if pages are larger than 4 KiB.
 */
#ifndef PSCOPE_VARIANTS_H
#define PSCOPE_VARIANTS_H

#include <linux/types.h>

struct percpu_scope_variant;

enum pscope_variant {
	PSCOPE_DEFINE_PER_CPU,
	PSCOPE_DEFINE_PER_CPU_FIRST,
	PSCOPE_DEFINE_PER_CPU_SHARED_ALIGNED,
	PSCOPE_DEFINE_PER_CPU_ALIGNED,
	PSCOPE_DEFINE_PER_CPU_PAGE_ALIGNED,
	PSCOPE_DEFINE_PER_CPU_READ_MOSTLY,
	PSCOPE_ALLOC_PERCPU,		/* alloc_percpu(type) */
	PSCOPE___ALLOC_PERCPU,		/* __alloc_percpu(size, align) */
	PSCOPE_ALLOC_PERCPU_GFP,	/* alloc_percpu_gfp(type, GFP_NOWAIT | __GFP_ACCOUNT) */
	PSCOPE_ORDINARY,		/* not per-CPU memory at all */
	PSCOPE_VARIANT_COUNT,
};

const char *pscope_variant_name(u32 variant);
void pscope_variant_describe(u32 variant, struct percpu_scope_variant *description);

#endif /* PSCOPE_VARIANTS_H */
