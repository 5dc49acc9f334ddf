// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots: every copy is read once, straight into the record that is handed
 * out. One buffer serves a whole call.
 */
#include <linux/build_bug.h>
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

static_assert(sizeof(struct percpu_scope_record) % sizeof(u64) == 0);

static size_t record_size(unsigned int fields)
{
	return sizeof(struct percpu_scope_record) +
	       pscope_record_values(fields) * sizeof(u64);
}

/* Ids that the caller gave, so many at a time: fewer looks at its memory. */
#define IDS_AT_ONCE	64U

struct ids {
	const u32 __user *at;
	u32 left;
	u32 count;
	u32 numbers[IDS_AT_ONCE];
};

static struct ids ids_of(const struct percpu_scope_snapshot *request)
{
	return (struct ids) { .at = u64_to_user_ptr(request->ids), .left = request->count };
}

/* 1, 0 if there are no more, or an error. */
static int next_ids(struct ids *ids)
{
	ids->count = min(ids->left, IDS_AT_ONCE);
	if (copy_from_user(ids->numbers, ids->at, ids->count * sizeof(*ids->numbers)))
		return -EFAULT;
	ids->at += ids->count;
	ids->left -= ids->count;
	if (fatal_signal_pending(current))
		return -EINTR;
	cond_resched_tasks_rcu_qs();
	return ids->count > 0;
}

/* What the records take; -ENOENT if one of the counters is not there. */
static int records_size(const struct percpu_scope_snapshot *request, u64 *size)
{
	struct ids ids = ids_of(request);
	unsigned int fields;
	u32 i;
	int ret;

	*size = 0;
	while ((ret = next_ids(&ids)) > 0) {
		for (i = 0; i < ids.count; i++) {
			fields = pscope_counter_fields(ids.numbers[i]);
			if (!fields)
				return -ENOENT;
			*size += record_size(fields);
		}
	}
	return ret;
}

/* Returns the bytes of the record, or an error. */
static ssize_t read_record(u32 id, struct percpu_scope_record *record, u64 room)
{
	struct pscope_counter *counter = pscope_counter_get(id);
	ssize_t ret;

	if (!counter)
		return -ENOENT;
	ret = record_size(counter->kind->field_count);
	if (ret > room) {
		/* The list of ids was changed while it was being read. */
		ret = -EINVAL;
		goto put;
	}
	record->counter = id;
	record->field_count = counter->kind->field_count;
	record->cpu_count = num_possible_cpus();
	record->starved = pscope_read_counter(counter, (u64 *)(record + 1));
put:
	pscope_counter_put(counter);
	return ret;
}

/*
 * Records are read into the buffer, and go out as soon as they fill this: a copy to the
 * caller costs more than the values in it.
 */
#define BYTES_AT_ONCE	PAGE_SIZE

static size_t buffer_size(void)
{
	return BYTES_AT_ONCE + record_size(PSCOPE_FIELDS_MAX);
}

static int write_records(const struct percpu_scope_snapshot *request, u8 *buffer, u64 room)
{
	u8 __user *to = u64_to_user_ptr(request->records);
	struct ids ids = ids_of(request);
	size_t used = 0;
	ssize_t size;
	u32 i;
	int ret;

	while ((ret = next_ids(&ids)) > 0) {
		for (i = 0; i < ids.count; i++) {
			size = read_record(ids.numbers[i], (void *)(buffer + used), room);
			if (size < 0)
				return size;
			room -= size;
			used += size;
			if (used < BYTES_AT_ONCE)
				continue;
			if (copy_to_user(to, buffer, used))
				return -EFAULT;
			to += used;
			used = 0;
			cond_resched_tasks_rcu_qs();
		}
	}
	if (ret)
		return ret;
	return copy_to_user(to, buffer, used) ? -EFAULT : 0;
}

int pscope_snapshot(struct percpu_scope_snapshot *request)
{
	u64 room = request->records_size;
	u8 *buffer;
	int ret;

	ret = records_size(request, &request->records_size);
	if (ret)
		return ret;
	if (room < request->records_size)
		return -ENOSPC;
	buffer = kvmalloc(buffer_size(), GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	ret = write_records(request, buffer, room);
	kvfree(buffer);
	return ret;
}
