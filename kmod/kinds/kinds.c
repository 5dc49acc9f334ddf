// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of kinds and of their idioms. What one does and promises is for its own
 * file: nothing here knows how any of them works.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "kinds.h"

static const struct pscope_kind * const kinds[] = {
	&pscope_kind_u64,
	&pscope_kind_local64,
	&pscope_kind_u64_stats,
	&pscope_kind_seqcount,
	&pscope_kind_atomic64,
	&pscope_kind_spinlock,
	&pscope_kind_array_packed,
	&pscope_kind_array_padded,
	&pscope_kind_percpu_counter,
	&pscope_kind_ulong,
	&pscope_kind_u32,
	&pscope_kind_int,
	&pscope_kind_symbol,
	&pscope_kind_local_lock,
	&pscope_kind_local_lock_irqsave,
	&pscope_kind_differential,
	&pscope_kind_nodes,
#ifdef CONFIG_NET
	&pscope_kind_sw_netstats,
	&pscope_kind_lstats,
#ifdef PSCOPE_HAS_DSTATS
	&pscope_kind_dstats,
#endif
#endif
	&pscope_kind_u64_stats_rings,
	&pscope_kind_percpu_ref,
	&pscope_kind_percpu_ref_atomic,
#ifdef PSCOPE_HAS_NESTED_BH
	&pscope_kind_local_lock_nested_bh,
#endif
};

static const struct {
	const struct pscope_idiom *idioms;
	const unsigned int *count;
} control_tables[] = {
#if IS_ENABLED(CONFIG_PERCPU_SCOPE_CONTROLS)
	{ pscope_word_controls, &pscope_word_control_count },
	{ pscope_task_controls, &pscope_task_control_count },
	{ pscope_group_controls, &pscope_group_control_count },
	{ pscope_folding_controls, &pscope_folding_control_count },
#endif
};

unsigned int pscope_kind_count(void)
{
	return ARRAY_SIZE(kinds);
}

const struct pscope_kind *pscope_kind_get(u32 number)
{
	return number < ARRAY_SIZE(kinds) ? kinds[number] : NULL;
}

u32 pscope_kind_number(const struct pscope_kind *kind)
{
	u32 number;

	for (number = 0; number < ARRAY_SIZE(kinds) - 1; number++)
		if (kinds[number] == kind)
			break;
	return number;
}

bool pscope_kind_is_verifiable(const struct pscope_kind *kind)
{
	unsigned int i;

	for (i = 0; i < kind->idiom_count; i++)
		if (kind->idioms[i].flags & PERCPU_SCOPE_IDIOM_PATTERN)
			return kind->read_copy;
	return false;
}

void pscope_kind_describe(u32 number, struct percpu_scope_kind *description)
{
	const struct pscope_kind *kind = kinds[number];

	memset(description, 0, sizeof(*description));
	description->kind = number;
	if (kind->percpu)
		description->flags |= PERCPU_SCOPE_KIND_PERCPU;
	if (kind->unskewed)
		description->flags |= PERCPU_SCOPE_KIND_UNSKEWED;
	if (pscope_kind_is_verifiable(kind))
		description->flags |= PERCPU_SCOPE_KIND_VERIFIABLE;
	if (kind->count_call)
		description->flags |= PERCPU_SCOPE_KIND_COUNTS_CALLS;
	if (kind->alloc)
		description->flags |= PERCPU_SCOPE_KIND_DYNAMIC;
	if (kind->folds)
		description->flags |= PERCPU_SCOPE_KIND_FOLDS;
	description->field_count = kind->field_count;
	description->size = kind->size;
	description->align = kind->align;
	strscpy(description->name, kind->name, sizeof(description->name));
}

unsigned int pscope_field_count(void)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		count += kinds[i]->field_count;
	return count;
}

const struct pscope_field *pscope_field_get(u32 number, u32 *kind)
{
	for (*kind = 0; *kind < ARRAY_SIZE(kinds); ++*kind) {
		if (number < kinds[*kind]->field_count)
			return &kinds[*kind]->fields[number];
		number -= kinds[*kind]->field_count;
	}
	return NULL;
}

unsigned int pscope_idiom_count(void)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		count += kinds[i]->idiom_count;
	for (i = 0; i < ARRAY_SIZE(control_tables); i++)
		count += *control_tables[i].count;
	return count;
}

const struct pscope_idiom *pscope_idiom_get(u32 number)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (number < kinds[i]->idiom_count)
			return &kinds[i]->idioms[number];
		number -= kinds[i]->idiom_count;
	}
	for (i = 0; i < ARRAY_SIZE(control_tables); i++) {
		if (number < *control_tables[i].count)
			return &control_tables[i].idioms[number];
		number -= *control_tables[i].count;
	}
	return NULL;
}

void pscope_idiom_describe(u32 number, struct percpu_scope_idiom *description)
{
	const struct pscope_idiom *idiom = pscope_idiom_get(number);

	memset(description, 0, sizeof(*description));
	description->idiom = number;
	description->kind = pscope_kind_number(idiom->kind);
	description->flags = idiom->flags;
	description->conserved = idiom->conserved;
	description->runnable = idiom->runnable;
	strscpy(description->name, idiom->name, sizeof(description->name));
	strscpy(description->call, idiom->call, sizeof(description->call));
}
