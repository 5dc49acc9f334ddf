/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's own checkers, lockdep and KCSAN, are told. They are to find
 * our faults, not those that a user asks for: a control, or an idiom where it
 * promises nothing, breaks their rules on purpose, and what comes of it is for
 * the caller to see. lockdep would turn itself off after the first.
 */
#ifndef PSCOPE_CHECKERS_H
#define PSCOPE_CHECKERS_H

#include <linux/kcsan-checks.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

/* Around updates that nothing is promised of, each in the context it is made in. */
static inline void pscope_checkers_off(void)
{
	kcsan_disable_current();
#ifdef CONFIG_PROVE_LOCKING
	/* lockdep_off() alone does not cover the checks that are made in NMIs. */
	if (in_nmi())
		this_cpu_inc(lockdep_recursion);
	else
		lockdep_off();
#endif
}

static inline void pscope_checkers_on(void)
{
#ifdef CONFIG_PROVE_LOCKING
	if (in_nmi())
		this_cpu_dec(lockdep_recursion);
	else
		lockdep_on();
#endif
	kcsan_enable_current();
}

#endif /* PSCOPE_CHECKERS_H */
