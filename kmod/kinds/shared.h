/* SPDX-License-Identifier: GPL-2.0-only */
/* What is shared in place of a per-CPU variable, where it is more than a plain type. */
#ifndef PSCOPE_SHARED_H
#define PSCOPE_SHARED_H

#include <linux/cache.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct pscope_locked_u64 {
	spinlock_t lock;	/* of the value */
	u64 value;
};

struct pscope_padded_u64 {
	u64 value;
} ____cacheline_aligned;

#endif /* PSCOPE_SHARED_H */
