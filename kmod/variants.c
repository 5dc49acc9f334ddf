// SPDX-License-Identifier: GPL-2.0-only
/* What each variant is called in the kernel, and what it makes. */
#include <linux/kernel.h>
#include <linux/string.h>

#include "uapi/percpu_scope.h"
#include "variants.h"

static const struct {
	const char *name;
	u32 flags;
} variants[] = {
	[PSCOPE_DEFINE_PER_CPU] = { "DEFINE_PER_CPU" },
	[PSCOPE_DEFINE_PER_CPU_FIRST] = { "DEFINE_PER_CPU_FIRST" },
	[PSCOPE_DEFINE_PER_CPU_SHARED_ALIGNED] = { "DEFINE_PER_CPU_SHARED_ALIGNED" },
	[PSCOPE_DEFINE_PER_CPU_ALIGNED] = { "DEFINE_PER_CPU_ALIGNED" },
	[PSCOPE_DEFINE_PER_CPU_PAGE_ALIGNED] = { "DEFINE_PER_CPU_PAGE_ALIGNED" },
	[PSCOPE_DEFINE_PER_CPU_READ_MOSTLY] = { "DEFINE_PER_CPU_READ_MOSTLY" },
	[PSCOPE_ALLOC_PERCPU] = { "alloc_percpu", PERCPU_SCOPE_VARIANT_CREATES },
	[PSCOPE___ALLOC_PERCPU] = {
		"__alloc_percpu", PERCPU_SCOPE_VARIANT_CREATES | PERCPU_SCOPE_VARIANT_SIZED,
	},
	[PSCOPE_ALLOC_PERCPU_GFP] = { "alloc_percpu_gfp", PERCPU_SCOPE_VARIANT_CREATES },
	[PSCOPE_ORDINARY] = { "ordinary" },
};

const char *pscope_variant_name(u32 variant)
{
	return variants[variant].name;
}

void pscope_variant_describe(u32 variant, struct percpu_scope_variant *description)
{
	memset(description, 0, sizeof(*description));
	description->variant = variant;
	description->flags = variants[variant].flags;
	strscpy(description->name, variants[variant].name, sizeof(description->name));
}
