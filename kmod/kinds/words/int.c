// SPDX-License-Identifier: GPL-2.0-only
/* One int for each CPU: its parts may be less than nothing. */
#define WORD	int
#define WORD_NAME	int
#include "word.h"
#include "../all.h"

static const struct pscope_idiom idioms[] = {
	{
		.name = "int_this_cpu_inc",
		.call = "this_cpu_inc(*p)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_int,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_inc),
	}, {
		.name = "int_this_cpu_add",
		.call = "this_cpu_add(*p, n)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_int,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_add),
	}, {
		.name = "int_get_cpu_var",
		.call = "get_cpu_var(*p)++; put_cpu_var(*p)",
		.kind = &pscope_kind_int,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(get_cpu_var),
	}, {
		.name = "int_this_cpu_add_return",
		.call = "this_cpu_add_return(*p, 1)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_int,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_add_return),
	}, {
		.name = "int_this_cpu_or",
		.call = "this_cpu_or(*p, 0); this_cpu_inc(*p); this_cpu_and(*p, ~0)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_int,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_or),
	},
};

static const struct pscope_field fields[] = {
	{ "value", 1, 32 },
};

const struct pscope_kind pscope_kind_int = {
	.name = "int",
	.fields = fields,
	WORD_KIND,
};
