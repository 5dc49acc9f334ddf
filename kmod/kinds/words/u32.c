// SPDX-License-Identifier: GPL-2.0-only
/* One u32 for each CPU: a word, or half of one. */
#define WORD	u32
#define WORD_NAME	u32
#include "word.h"
#include "../all.h"

static const struct pscope_idiom idioms[] = {
	{
		.name = "u32_this_cpu_inc",
		.call = "this_cpu_inc(*p)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_u32,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_inc),
	}, {
		.name = "u32_this_cpu_add",
		.call = "this_cpu_add(*p, n)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_u32,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_add),
	}, {
		.name = "u32_this_cpu_cmpxchg",
		.call = "while (this_cpu_cmpxchg(*p, old, old + 1) != old)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_u32,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_cmpxchg),
	}, {
		.name = "u32_get_cpu_var",
		.call = "get_cpu_var(*p)++; put_cpu_var(*p)",
		.kind = &pscope_kind_u32,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(get_cpu_var),
	}, {
		.name = "u32_this_cpu_xchg",
		.call = "v = this_cpu_xchg(*p, 0); this_cpu_add(*p, v + 1)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_TRANSIENT,
		.kind = &pscope_kind_u32,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_xchg),
	},
};

static const struct pscope_field fields[] = {
	{ "value", 1, 32 },
};

const struct pscope_kind pscope_kind_u32 = {
	.name = "u32",
	.fields = fields,
	WORD_KIND,
};
