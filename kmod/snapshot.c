// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots: every copy is read once, straight into the record that is handed
 * out. One buffer for the largest record serves a whole call.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "read.h"
#include "registry.h"
#include "snapshot.h"

/* What the records take; -ENOENT if one of the counters is not there. */
static int records_size(const u32 __user *ids, u32 count, u64 *size)
{
	struct pscope_counter *counter;
	u32 id, i;

	*size = 0;
	for (i = 0; i < count; i++) {
		if (get_user(id, ids + i))
			return -EFAULT;
		counter = pscope_counter_get(id);
		if (!counter)
			return -ENOENT;
		*size += sizeof(struct percpu_scope_record) +
			 pscope_record_values(counter) * sizeof(u64);
		pscope_counter_put(counter);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched_tasks_rcu_qs();
	}
	return 0;
}

/* Returns the bytes written, or an error. */
static ssize_t write_record(u32 id, u64 *values, u8 __user *to, u64 room)
{
	struct pscope_counter *counter = pscope_counter_get(id);
	struct percpu_scope_record record = { .counter = id };
	size_t values_size;
	ssize_t ret;

	if (!counter)
		return -ENOENT;
	values_size = pscope_record_values(counter) * sizeof(u64);
	ret = sizeof(record) + values_size;
	if (ret > room) {
		/* The list of ids was changed while it was being read. */
		ret = -EINVAL;
		goto put;
	}
	record.field_count = counter->kind->field_count;
	record.cpu_count = num_possible_cpus();
	record.starved = pscope_read_counter(counter, values);
	if (copy_to_user(to, &record, sizeof(record)) ||
	    copy_to_user(to + sizeof(record), values, values_size))
		ret = -EFAULT;
put:
	pscope_counter_put(counter);
	return ret;
}

int pscope_snapshot(struct percpu_scope_snapshot *request)
{
	const u32 __user *ids = u64_to_user_ptr(request->ids);
	u8 __user *to = u64_to_user_ptr(request->records);
	u64 room = request->records_size;
	u64 *values;
	u32 id, i;
	ssize_t written;
	int ret;

	ret = records_size(ids, request->count, &request->records_size);
	if (ret)
		return ret;
	if (room < request->records_size)
		return -ENOSPC;
	values = pscope_alloc_values();
	if (!values)
		return -ENOMEM;
	for (i = 0; i < request->count && !ret; i++) {
		if (get_user(id, ids + i)) {
			ret = -EFAULT;
			break;
		}
		written = write_record(id, values, to, room);
		if (written < 0) {
			ret = written;
			break;
		}
		to += written;
		room -= written;
		if (fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched_tasks_rcu_qs();
	}
	kvfree(values);
	return ret;
}
