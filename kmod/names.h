/* SPDX-License-Identifier: GPL-2.0-only */
/* Names: those of the ABI's numbers, and what is one in a request. */
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

/* Room for the names of all contexts, each with a comma or a NUL behind it. */
#define PSCOPE_CONTEXTS_TEXT	(PERCPU_SCOPE_CONTEXT_COUNT * 8 + 1)

/* "task,hardirq"; "-" for none: a column is never empty. */
static inline void pscope_write_contexts(u32 contexts, char text[PSCOPE_CONTEXTS_TEXT])
{
	unsigned int context;

	strscpy(text, contexts ? "" : "-", PSCOPE_CONTEXTS_TEXT);
	for (context = 0; context < PERCPU_SCOPE_CONTEXT_COUNT; context++) {
		if (!(contexts & (1U << context)))
			continue;
		if (text[0])
			strlcat(text, ",", PSCOPE_CONTEXTS_TEXT);
		strlcat(text, pscope_context_name(context), PSCOPE_CONTEXTS_TEXT);
	}
}

#endif /* PSCOPE_NAMES_H */
