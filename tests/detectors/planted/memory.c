// SPDX-License-Identifier: GPL-2.0-only
/* Faults on purpose: memory spoilt, lost, or not to be had. */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "faults.h"

/* Within what kmalloc() rounds up to: nothing breaks, only KASAN sees it. */
int plant_out_of_bounds(void)
{
	char *volatile bytes = kmalloc(40, GFP_KERNEL);

	if (!bytes)
		return -ENOMEM;
	bytes[41] = 1;
	kfree(bytes);
	return 0;
}

/* Per-CPU memory that nobody can free any more: so much of each CPU's. */
static int leak(size_t bytes)
{
	for (; bytes; bytes -= SZ_16K)
		if (!__alloc_percpu(SZ_16K, 8))
			return -ENOMEM;
	return 0;
}

int plant_percpu_leak(void)
{
	return leak(SZ_1M);
}

/*
 * The judge bears a growth of 512 kB in all, or of 64 kB for each CPU if that is more:
 * with two CPUs 256 KiB of each.
 */
int plant_percpu_leak_above_slack(void)
{
	return leak(SZ_256K + 2 * SZ_16K);
}

int plant_percpu_leak_below_slack(void)
{
	return leak(SZ_128K + SZ_64K);
}

int plant_list_corruption(void)
{
	static LIST_HEAD(head);
	static struct list_head entry;

	list_add(&entry, &head);
	list_del(&entry);
	list_del(&entry);
	return 0;
}

/* All that there is in such pieces: then one is not to be had. */
int plant_allocation_failure(void)
{
	const unsigned int order = 9;
	struct page *page, *next;
	LIST_HEAD(taken);

	while ((page = alloc_pages(GFP_ATOMIC, order)))
		list_add(&page->lru, &taken);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_pages(page, order);
	return 0;
}
