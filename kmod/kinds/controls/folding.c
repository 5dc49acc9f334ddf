// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controls of percpu_counter: what it is taken for and is not. One noinline function each,
 * as all controls are. Nothing correct belongs here.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/percpu_counter.h>

#include "../all.h"

static noinline void control_read_exactly(const struct pscope_memory *memory,
					  unsigned long times)
{
	struct percpu_counter *fbc = memory->address;
	s64 before;

	while (times--) {
		before = percpu_counter_read(fbc);
		percpu_counter_add(fbc, 1);
		/* It reads what was folded, which this update mostly is not yet. */
		if (percpu_counter_read(fbc) == before)
			percpu_counter_add(fbc, 1);
	}
}

#define NOWHERE		0

const struct pscope_idiom pscope_folding_controls[] = {
	{
		.name = "control_read_exactly",
		.call = "percpu_counter_read(&fbc) compared as if it were the sum",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_percpu_counter,
		.conserved = NOWHERE,
		.runnable = PSCOPE_MASKABLE,
		.update = control_read_exactly,
	},
};

const unsigned int pscope_folding_control_count = ARRAY_SIZE(pscope_folding_controls);
