// SPDX-License-Identifier: GPL-2.0-only
/* One unsigned long for each CPU: what most of the kernel counts in. */
#define WORD	unsigned long
#define WORD_NAME	ulong
#include "word.h"
#include "../all.h"

static const struct pscope_idiom idioms[] = {
	{
		.name = "ulong_this_cpu_inc",
		.call = "this_cpu_inc(*p)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_ulong,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_inc),
	}, {
		.name = "ulong_this_cpu_add",
		.call = "this_cpu_add(*p, n)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_ulong,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_add),
	}, {
		.name = "ulong___this_cpu_inc",
		.call = "preempt_disable(); __this_cpu_inc(*p)",
		.flags = PSCOPE_RAW_CPU_UNTORN,
		.kind = &pscope_kind_ulong,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(__this_cpu_inc),
	}, {
		.name = "ulong_this_cpu_cmpxchg",
		.call = "while (this_cpu_cmpxchg(*p, old, old + 1) != old)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_ulong,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_cmpxchg),
	}, {
		.name = "ulong_get_cpu_var",
		.call = "get_cpu_var(*p)++; put_cpu_var(*p)",
		.kind = &pscope_kind_ulong,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(get_cpu_var),
	}, {
		.name = "ulong_get_cpu_ptr",
		.call = "*get_cpu_ptr(p) += 1; put_cpu_ptr(p)",
		.kind = &pscope_kind_ulong,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(get_cpu_ptr),
	}, {
		.name = "ulong_this_cpu_ptr",
		.call = "preempt_disable(); *this_cpu_ptr(p) += 1",
		.kind = &pscope_kind_ulong,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_ptr),
	}, {
		.name = "ulong_this_cpu_add_return",
		.call = "this_cpu_add_return(*p, 1)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_ulong,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_add_return),
	}, {
		.name = "ulong_this_cpu_xchg",
		.call = "v = this_cpu_xchg(*p, 0); this_cpu_add(*p, v + 1)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN | PERCPU_SCOPE_IDIOM_TRANSIENT,
		.kind = &pscope_kind_ulong,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_xchg),
	}, {
		.name = "ulong_this_cpu_or",
		.call = "this_cpu_or(*p, 0); this_cpu_inc(*p); this_cpu_and(*p, ~0)",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_ulong,
		.conserved = PSCOPE_THIS_CPU_WORD,
		.runnable = PSCOPE_ANY,
		.update = UPDATE(this_cpu_or),
	},
};

static const struct pscope_field fields[] = {
	{ "value", 1, BITS_PER_LONG },
};

const struct pscope_kind pscope_kind_ulong = {
	.name = "ulong",
	.fields = fields,
	WORD_KIND,
};
