/* SPDX-License-Identifier: GPL-2.0-only */
/* A per-CPU value under a lock of its own. */
#ifndef PSCOPE_LOCAL_LOCK_H
#define PSCOPE_LOCAL_LOCK_H

#include <linux/local_lock.h>
#include <linux/types.h>

struct pscope_local_locked {
	local_lock_t lock;	/* of the value */
	u64 value;
};

#endif /* PSCOPE_LOCAL_LOCK_H */
