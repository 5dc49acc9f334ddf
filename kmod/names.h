/* SPDX-License-Identifier: GPL-2.0-only */
/* The names of the ABI's numbers, as debugfs prints them. */
#ifndef PSCOPE_NAMES_H
#define PSCOPE_NAMES_H

#include "uapi/percpu_scope.h"

static inline const char *pscope_origin_name(enum percpu_scope_origin origin)
{
	return origin == PERCPU_SCOPE_ORIGIN_STATIC ? "static" : "dynamic";
}

#define PSCOPE_VARIANT(variant, name)	[PERCPU_SCOPE_VARIANT_##variant] = (name)

static inline const char *pscope_variant_name(enum percpu_scope_variant variant)
{
	static const char * const names[] = {
		PSCOPE_VARIANT(DEFINE_PER_CPU, "DEFINE_PER_CPU"),
		PSCOPE_VARIANT(DEFINE_PER_CPU_FIRST, "DEFINE_PER_CPU_FIRST"),
		PSCOPE_VARIANT(DEFINE_PER_CPU_SHARED_ALIGNED, "DEFINE_PER_CPU_SHARED_ALIGNED"),
		PSCOPE_VARIANT(DEFINE_PER_CPU_ALIGNED, "DEFINE_PER_CPU_ALIGNED"),
		PSCOPE_VARIANT(DEFINE_PER_CPU_PAGE_ALIGNED, "DEFINE_PER_CPU_PAGE_ALIGNED"),
		PSCOPE_VARIANT(DEFINE_PER_CPU_READ_MOSTLY, "DEFINE_PER_CPU_READ_MOSTLY"),
		PSCOPE_VARIANT(ALLOC_PERCPU, "alloc_percpu"),
		PSCOPE_VARIANT(__ALLOC_PERCPU, "__alloc_percpu"),
		PSCOPE_VARIANT(ALLOC_PERCPU_GFP, "alloc_percpu_gfp"),
		PSCOPE_VARIANT(ORDINARY, "ordinary"),
	};

	return names[variant];
}

static inline const char *pscope_context_name(enum percpu_scope_context context)
{
	static const char * const names[] = {
		[PERCPU_SCOPE_CONTEXT_TASK] = "task",
		[PERCPU_SCOPE_CONTEXT_SOFTIRQ] = "softirq",
		[PERCPU_SCOPE_CONTEXT_HARDIRQ] = "hardirq",
		[PERCPU_SCOPE_CONTEXT_NMI] = "nmi",
	};

	return names[context];
}

#endif /* PSCOPE_NAMES_H */
