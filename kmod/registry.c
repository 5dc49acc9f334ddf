// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counter registry. Look-ups run under RCU and take a reference, so that they cost
 * readers no lock; names, the bounds on dynamic counters and what the observer is told
 * are kept straight by one mutex.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "registry.h"

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

static unsigned int max_dynamic = 256;
module_param_cb(max_dynamic, &max_dynamic_ops, &max_dynamic, 0444);
__MODULE_PARM_TYPE(max_dynamic, "uint");
MODULE_PARM_DESC(max_dynamic, "Most dynamic counters at a time (default 256, at most 65536)");

static unsigned long max_dynamic_bytes = SZ_64M;
module_param(max_dynamic_bytes, ulong, 0444);
MODULE_PARM_DESC(max_dynamic_bytes,
		 "Most bytes of dynamic counters' copies on all CPUs (default 64 MiB)");

static DEFINE_XARRAY(registry);
/* Counters that have a name and are not published yet. */
static LIST_HEAD(reserved);
static DEFINE_MUTEX(registry_lock);
static u32 next_number;
static unsigned int counter_count;
static const struct pscope_observer *observer;
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
	unsigned long number;

	xa_for_each(&registry, number, counter)
		if (!strcmp(counter->name, name))
			return true;
	list_for_each_entry(counter, &reserved, reserved)
		if (!strcmp(counter->name, name))
			return true;
	return false;
}

static unsigned long bytes_of(const struct pscope_counter *counter)
{
	return counter->bytes * num_possible_cpus();
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

static void give_back(unsigned long bytes)
{
	atomic_long_sub(bytes, &dynamic_bytes);
	atomic_dec(&dynamic_count);
}

void pscope_registry_give_back(const struct pscope_counter *counter)
{
	give_back(bytes_of(counter));
}

int pscope_registry_reserve(struct pscope_counter *counter)
{
	int ret;

	if (!name_is_valid(counter->name))
		return -EINVAL;
	mutex_lock(&registry_lock);
	ret = name_is_taken(counter->name) ? -EEXIST : take_quota(counter);
	if (!ret)
		list_add(&counter->reserved, &reserved);
	mutex_unlock(&registry_lock);
	return ret;
}

void pscope_registry_cancel(struct pscope_counter *counter)
{
	mutex_lock(&registry_lock);
	list_del(&counter->reserved);
	mutex_unlock(&registry_lock);
	if (counter->origin == PERCPU_SCOPE_ORIGIN_DYNAMIC)
		give_back(bytes_of(counter));
}

int pscope_registry_publish(struct pscope_counter *counter, u32 *number)
{
	int ret = -EDQUOT;

	mutex_lock(&registry_lock);
	/* Numbers are never used twice: a stale one must not hit a newer counter. */
	if (next_number == U32_MAX)
		goto unlock;
	*number = next_number;
	counter->number = next_number;
	ret = xa_insert(&registry, counter->number, counter, GFP_KERNEL);
	if (ret)
		goto unlock;
	next_number++;
	list_del(&counter->reserved);
	if (observer)
		observer->added(counter);
	WRITE_ONCE(counter_count, counter_count + 1);
unlock:
	mutex_unlock(&registry_lock);
	return ret;
}

void pscope_registry_observe(const struct pscope_observer *new_observer)
{
	struct pscope_counter *counter;
	unsigned long number;

	mutex_lock(&registry_lock);
	observer = new_observer;
	if (observer)
		xa_for_each(&registry, number, counter)
			observer->added(counter);
	mutex_unlock(&registry_lock);
}

struct pscope_counter *pscope_counter_next(unsigned long *number)
{
	struct pscope_counter *counter;

	rcu_read_lock();
	do {
		counter = xa_find(&registry, number, ULONG_MAX, XA_PRESENT);
		if (!counter || pscope_counter_hold(counter))
			break;
		++*number;
	} while (true);
	rcu_read_unlock();
	return counter;
}

struct pscope_counter *pscope_counter_get(u32 number)
{
	struct pscope_counter *counter;

	rcu_read_lock();
	counter = xa_load(&registry, number);
	if (counter && !pscope_counter_hold(counter))
		counter = NULL;
	rcu_read_unlock();
	return counter;
}

unsigned int pscope_counter_fields(u32 number)
{
	struct pscope_counter *counter;
	unsigned int fields = 0;

	rcu_read_lock();
	counter = xa_load(&registry, number);
	if (counter)
		fields = counter->kind->field_count;
	rcu_read_unlock();
	return fields;
}

static void remove_locked(struct pscope_counter *counter)
{
	lockdep_assert_held(&registry_lock);

	xa_erase(&registry, counter->number);
	WRITE_ONCE(counter_count, counter_count - 1);
	/*
	 * Under the lock, so that the name is free for the observer, too, before it
	 * can be taken again.
	 */
	if (observer)
		observer->removed(counter);
}

int pscope_registry_destroy(u32 number)
{
	struct pscope_counter *counter;
	int ret = 0;

	mutex_lock(&registry_lock);
	counter = xa_load(&registry, number);
	if (!counter)
		ret = -ENOENT;
	else if (counter->origin == PERCPU_SCOPE_ORIGIN_STATIC)
		ret = -EPERM;
	else
		remove_locked(counter);
	mutex_unlock(&registry_lock);

	if (!ret)
		pscope_counter_put(counter);
	return ret;
}

/* Those of an owner, or all. */
static void destroy_those(const void *owner, bool all)
{
	struct pscope_counter *counter;
	unsigned long number;

	mutex_lock(&registry_lock);
	xa_for_each(&registry, number, counter) {
		if (!all && counter->owner != owner)
			continue;
		remove_locked(counter);
		pscope_counter_put(counter);
		cond_resched_tasks_rcu_qs();
	}
	mutex_unlock(&registry_lock);
}

void pscope_registry_destroy_owned(const void *owner)
{
	destroy_those(owner, false);
}

void pscope_registry_clear(void)
{
	destroy_those(NULL, true);
	xa_destroy(&registry);
	/* Counters are freed by kfree_rcu(), whose callbacks need no module code. */
}

unsigned int pscope_counter_count(void)
{
	return READ_ONCE(counter_count);
}

struct pscope_quota pscope_registry_quota(void)
{
	return (struct pscope_quota) {
		.counters = atomic_read(&dynamic_count),
		.counters_max = max_dynamic,
		.bytes = atomic_long_read(&dynamic_bytes),
		.bytes_max = max_dynamic_bytes,
	};
}
