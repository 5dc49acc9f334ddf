/* SPDX-License-Identifier: GPL-2.0-only */
/* The names of the ABI's numbers, as debugfs prints them. */
#ifndef PSCOPE_NAMES_H
#define PSCOPE_NAMES_H

#include "uapi/percpu_scope.h"

static inline const char *pscope_origin_name(enum percpu_scope_origin origin)
{
	return origin == PERCPU_SCOPE_ORIGIN_STATIC ? "static" : "dynamic";
}

static inline const char *pscope_variant_name(enum percpu_scope_variant variant)
{
	static const char * const names[] = {
		[PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU] = "DEFINE_PER_CPU",
		[PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_FIRST] = "DEFINE_PER_CPU_FIRST",
		[PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_SHARED_ALIGNED] =
			"DEFINE_PER_CPU_SHARED_ALIGNED",
		[PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_ALIGNED] =
			"DEFINE_PER_CPU_ALIGNED",
		[PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_PAGE_ALIGNED] =
			"DEFINE_PER_CPU_PAGE_ALIGNED",
		[PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_READ_MOSTLY] =
			"DEFINE_PER_CPU_READ_MOSTLY",
		[PERCPU_SCOPE_VARIANT_ALLOC_PERCPU] = "alloc_percpu",
		[PERCPU_SCOPE_VARIANT___ALLOC_PERCPU] = "__alloc_percpu",
		[PERCPU_SCOPE_VARIANT_ALLOC_PERCPU_GFP] = "alloc_percpu_gfp",
		[PERCPU_SCOPE_VARIANT_ORDINARY] = "ordinary",
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
