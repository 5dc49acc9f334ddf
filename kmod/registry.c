// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counter registry: who exists, under which id and name, and for how long.
 *
 * Look-ups run under RCU and take a reference, so that they cost readers no
 * lock; names, the bounds on dynamic counters and the debugfs folders are kept
 * straight by one mutex. No debugfs show function may take that mutex: a
 * destroyer holds it while it waits for them.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "counter.h"
#include "debugfs.h"
#include "placement.h"
#include "storage.h"

/* Names are looked for one after another, under the lock. */
#define DYNAMIC_CEILING	65536

static int set_max_dynamic(const char *value, const struct kernel_param *param)
{
	return param_set_uint_minmax(value, param, 0, DYNAMIC_CEILING);
}

static const struct kernel_param_ops max_dynamic_ops = {
	.set = set_max_dynamic,
	.get = param_get_uint,
};

static unsigned int max_dynamic = 64;
module_param_cb(max_dynamic, &max_dynamic_ops, &max_dynamic, 0444);
__MODULE_PARM_TYPE(max_dynamic, "uint");
MODULE_PARM_DESC(max_dynamic, "Most dynamic counters at a time (default 64, at most 65536)");

static unsigned long max_dynamic_bytes = SZ_64M;
module_param(max_dynamic_bytes, ulong, 0444);
MODULE_PARM_DESC(max_dynamic_bytes,
		 "Most bytes of dynamic counters' copies on all CPUs (default 64 MiB)");

static DEFINE_XARRAY(registry);
/* Counters that have a name and are not published yet. */
static LIST_HEAD(reserved);
static DEFINE_MUTEX(registry_lock);
static u32 next_id;
static unsigned int counter_count;
/* Do counters have folders in debugfs? Not until the module has come up. */
static bool folders;
/*
 * Taken under the lock. Counters destroyed count, too, while a job or a probe
 * still holds their memory: the last of these gives back, under none.
 */
static atomic_t dynamic_count;
static atomic_long_t dynamic_bytes;

static bool is_word(char c)
{
	/* The kernel's isalnum() takes Latin-1's letters for some, too. */
	return isascii(c) && (isalnum(c) || c == '_');
}

static bool name_is_valid(const char *name)
{
	const char *c;

	/* It becomes a folder's name in debugfs, and an option's value. */
	if (!is_word(name[0]))
		return false;
	for (c = name; *c; c++)
		if (!is_word(*c) && *c != '-' && *c != '.')
			return false;
	return true;
}

static bool name_is_taken(const char *name)
{
	struct pscope_counter *counter;
	unsigned long id;

	xa_for_each(&registry, id, counter)
		if (!strcmp(counter->name, name))
			return true;
	list_for_each_entry(counter, &reserved, reserved)
		if (!strcmp(counter->name, name))
			return true;
	return false;
}

static unsigned long bytes_of(const struct pscope_counter *counter)
{
	return counter->size * num_possible_cpus();
}

static int take_quota(const struct pscope_counter *counter)
{
	unsigned long taken = atomic_long_read(&dynamic_bytes);

	lockdep_assert_held(&registry_lock);

	if (counter->origin != PERCPU_SCOPE_ORIGIN_DYNAMIC)
		return 0;
	if (atomic_read(&dynamic_count) >= max_dynamic ||
	    taken > max_dynamic_bytes || bytes_of(counter) > max_dynamic_bytes - taken)
		return -EDQUOT;
	atomic_inc(&dynamic_count);
	atomic_long_add(bytes_of(counter), &dynamic_bytes);
	return 0;
}

static void give_quota(unsigned long bytes)
{
	atomic_long_sub(bytes, &dynamic_bytes);
	atomic_dec(&dynamic_count);
}

int pscope_counter_reserve(struct pscope_counter *counter)
{
	int ret;

	if (!name_is_valid(counter->name))
		return -EINVAL;
	kref_init(&counter->ref);
	pscope_use_init(&counter->use);

	mutex_lock(&registry_lock);
	ret = name_is_taken(counter->name) ? -EEXIST : take_quota(counter);
	if (!ret)
		list_add(&counter->reserved, &reserved);
	mutex_unlock(&registry_lock);
	return ret;
}

void pscope_counter_cancel(struct pscope_counter *counter)
{
	mutex_lock(&registry_lock);
	list_del(&counter->reserved);
	mutex_unlock(&registry_lock);
	if (counter->origin == PERCPU_SCOPE_ORIGIN_DYNAMIC)
		give_quota(bytes_of(counter));
}

int pscope_counter_publish(struct pscope_counter *counter, u32 *id)
{
	int ret = -EDQUOT;

	mutex_lock(&registry_lock);
	/* Ids are never used twice: a stale one must not hit a newer counter. */
	if (next_id == U32_MAX)
		goto unlock;
	*id = next_id;
	counter->id = next_id;
	ret = xa_insert(&registry, counter->id, counter, GFP_KERNEL);
	if (ret)
		goto unlock;
	next_id++;
	list_del(&counter->reserved);
	if (folders)
		counter->dir = pscope_debugfs_add_counter(counter);
	WRITE_ONCE(counter_count, counter_count + 1);
unlock:
	mutex_unlock(&registry_lock);
	return ret;
}

void pscope_registry_add_folders(void)
{
	struct pscope_counter *counter;
	unsigned long id;

	mutex_lock(&registry_lock);
	xa_for_each(&registry, id, counter)
		counter->dir = pscope_debugfs_add_counter(counter);
	folders = true;
	mutex_unlock(&registry_lock);
}

static void counter_release(struct kref *ref)
{
	struct pscope_counter *counter = container_of(ref, struct pscope_counter, ref);
	unsigned long bytes = bytes_of(counter);

	/* Static counters go with the module, which holds their last reference. */
	if (counter->origin == PERCPU_SCOPE_ORIGIN_DYNAMIC) {
		pscope_dynamic_free(counter);
		give_quota(bytes);
	}
}

void pscope_counter_put(struct pscope_counter *counter)
{
	kref_put(&counter->ref, counter_release);
}

struct pscope_counter *pscope_counter_next(unsigned long *id)
{
	struct pscope_counter *counter;

	rcu_read_lock();
	do {
		counter = xa_find(&registry, id, ULONG_MAX, XA_PRESENT);
		if (!counter || kref_get_unless_zero(&counter->ref))
			break;
		++*id;
	} while (true);
	rcu_read_unlock();
	return counter;
}

struct pscope_counter *pscope_counter_get(u32 id)
{
	struct pscope_counter *counter;

	rcu_read_lock();
	counter = xa_load(&registry, id);
	if (counter && !kref_get_unless_zero(&counter->ref))
		counter = NULL;
	rcu_read_unlock();
	return counter;
}

static void counter_remove_locked(struct pscope_counter *counter)
{
	lockdep_assert_held(&registry_lock);

	xa_erase(&registry, counter->id);
	WRITE_ONCE(counter_count, counter_count - 1);
	/*
	 * Under the lock, so that the name is free in debugfs, too, before it
	 * can be taken again.
	 */
	pscope_debugfs_remove_counter(counter);
}

int pscope_counter_destroy(u32 id)
{
	struct pscope_counter *counter;
	int ret = 0;

	mutex_lock(&registry_lock);
	counter = xa_load(&registry, id);
	if (!counter)
		ret = -ENOENT;
	else if (counter->origin == PERCPU_SCOPE_ORIGIN_STATIC)
		ret = -EPERM;
	else
		counter_remove_locked(counter);
	mutex_unlock(&registry_lock);

	if (!ret)
		pscope_counter_put(counter);
	return ret;
}

int pscope_counter_reset(u32 id)
{
	struct pscope_counter *counter = pscope_counter_get(id);
	int ret;

	if (!counter)
		return -ENOENT;
	ret = pscope_use_claim(&counter->use);
	if (!ret) {
		pscope_change_begin(&counter->use);
		counter->storage->zero(counter);
		WRITE_ONCE(counter->use.holds_pattern, true);
		WRITE_ONCE(counter->use.spoilt, false);
		pscope_change_end(&counter->use);
		pscope_use_unclaim(&counter->use);
	}
	pscope_counter_put(counter);
	return ret;
}

unsigned int pscope_counter_count(void)
{
	return READ_ONCE(counter_count);
}

unsigned int pscope_dynamic_count(void)
{
	return atomic_read(&dynamic_count);
}

unsigned int pscope_dynamic_max(void)
{
	return max_dynamic;
}

void pscope_counter_describe(const struct pscope_counter *counter, bool raw,
			     struct percpu_scope_counter *description)
{
	const struct pscope_storage *storage = counter->storage;

	memset(description, 0, sizeof(*description));
	description->id = counter->id;
	description->storage = pscope_storage_id(storage);
	description->origin = counter->origin;
	description->variant = counter->variant;
	description->field_count = storage->field_count;
	description->size = counter->size;
	description->align = counter->align;
	description->percpu_pointer = pscope_percpu_pointer(counter, raw, &description->flags);
	if (storage->unskewed)
		description->flags |= PERCPU_SCOPE_COUNTER_UNSKEWED;
	if (READ_ONCE(counter->use.spoilt))
		description->flags |= PERCPU_SCOPE_COUNTER_SPOILT;
	strscpy(description->name, counter->name, sizeof(description->name));
	memcpy(description->fields, storage->fields,
	       storage->field_count * sizeof(*storage->fields));
}

int pscope_registry_init(void)
{
	return pscope_static_counters_init();
}

/* No descriptor is open any more, so the registry holds the last references. */
void pscope_registry_exit(void)
{
	struct pscope_counter *counter;
	unsigned long id;

	mutex_lock(&registry_lock);
	xa_for_each(&registry, id, counter) {
		counter_remove_locked(counter);
		pscope_counter_put(counter);
	}
	mutex_unlock(&registry_lock);
	xa_destroy(&registry);
	pscope_static_counters_exit();
	/* Counters are freed by kfree_rcu(), whose callbacks need no module code. */
}
