/* SPDX-License-Identifier: GPL-2.0-only */
/* The names of the ABI's numbers, as debugfs prints them, and names in requests. */
#ifndef PSCOPE_NAMES_H
#define PSCOPE_NAMES_H

#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>

#include "uapi/percpu_scope.h"

/*
 * Is the array of a request a name, with a NUL and nothing behind it? What is
 * there has no meaning yet, as with reserved members.
 */
static inline int pscope_check_name(const char *name, size_t size)
{
	size_t length = strnlen(name, size);

	if (length == size)
		return -ENAMETOOLONG;
	return memchr_inv(name + length, 0, size - length) ? -EINVAL : 0;
}

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
