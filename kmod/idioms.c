// SPDX-License-Identifier: GPL-2.0-only
/*
 * All idioms, of every table, by their ids. What an idiom does and promises is
 * for its table: nothing here knows one.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "idiom.h"
#include "storage.h"

static const struct {
	const struct pscope_idiom *idioms;
	const unsigned int *count;
} tables[] = {
	{ pscope_word_idioms, &pscope_word_idiom_count },
	{ pscope_group_idioms, &pscope_group_idiom_count },
	{ pscope_shared_idioms, &pscope_shared_idiom_count },
#if IS_ENABLED(CONFIG_PERCPU_SCOPE_CONTROLS)
	{ pscope_controls, &pscope_control_count },
#endif
};

unsigned int pscope_idiom_count(void)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		count += *tables[i].count;
	return count;
}

const struct pscope_idiom *pscope_idiom_get(u32 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		if (id < *tables[i].count)
			return &tables[i].idioms[id];
		id -= *tables[i].count;
	}
	return NULL;
}

bool pscope_has_pattern_idiom(const struct pscope_storage *storage)
{
	u64 mask = BIT_ULL(pscope_storage_id(storage));
	const struct pscope_idiom *idiom;
	u32 id;

	for (id = 0; (idiom = pscope_idiom_get(id)); id++)
		if (idiom->flags & PERCPU_SCOPE_IDIOM_PATTERN && idiom->storages & mask)
			return true;
	return false;
}

void pscope_idiom_describe(u32 id, struct percpu_scope_idiom *description)
{
	const struct pscope_idiom *idiom = pscope_idiom_get(id);

	memset(description, 0, sizeof(*description));
	description->id = id;
	description->flags = idiom->flags;
	description->storages = idiom->storages;
	description->conserved = idiom->conserved;
	description->runnable = idiom->runnable;
	strscpy(description->name, idiom->name, sizeof(description->name));
	strscpy(description->call, idiom->call, sizeof(description->call));
}
