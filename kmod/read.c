// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading never waits for a writer, nor lets one wait: it gives up, and holds no lock.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "read.h"

/* Tries between two looks at signals and the scheduler: well under 1 ms. */
#define BATCH		1024U
/* A writer's section is tens of instructions; so many in a row is starvation. */
#define RETRIES_MAX	10000U

bool pscope_read_copy(const struct pscope_counter *counter, unsigned int cpu,
		      u32 retries_max, u64 *values, u64 *retries)
{
	u32 tries = 0;

	while (!counter->kind->read_copy(&counter->memory, cpu, values)) {
		if (tries == retries_max)
			return false;
		tries++;
		++*retries;
		if (tries % BATCH) {
			cpu_relax();
			continue;
		}
		if (fatal_signal_pending(current))
			return false;
		/* Not cond_resched(), for which RCU-tasks waits on: see job.c. */
		cond_resched_tasks_rcu_qs();
	}
	return true;
}

u64 *pscope_alloc_values(void)
{
	return kvmalloc_array(pscope_record_values(PSCOPE_FIELDS_MAX), sizeof(u64), GFP_KERNEL);
}

/* The parts one after another; returns how many copies were starved. */
static u32 read_parts(const struct pscope_counter *counter, u64 *values)
{
	const struct pscope_kind *kind = counter->kind;
	u64 retries = 0;
	u32 starved = 0;
	unsigned int cpu;

	if (kind->read_shared)
		kind->read_shared(&counter->memory, values);
	if (!kind->read_copy)
		return 0;
	for_each_possible_cpu(cpu) {
		values += kind->field_count;
		/* Nearly always whole at once: what waits is what takes time. */
		if (kind->read_copy(&counter->memory, cpu, values))
			continue;
		if (!pscope_read_copy(counter, cpu, RETRIES_MAX, values, &retries))
			starved++;
		cond_resched_tasks_rcu_qs();
	}
	return starved;
}

u32 pscope_read_counter(const struct pscope_counter *counter, u64 *values)
{
	unsigned int fields = counter->kind->field_count;
	size_t parts = (num_possible_cpus() + 1) * fields;
	u64 *sum = values + parts;
	unsigned int field;
	u32 starved = 0;
	size_t i;

	memset(values, 0, (parts + fields) * sizeof(*values));
	if (counter->kind->read_all)
		counter->kind->read_all(&counter->memory, values);
	else
		starved = read_parts(counter, values);
	for (field = 0; field < fields; field++) {
		u64 total = 0;

		for (i = field; i < parts; i += fields)
			total += values[i];
		sum[field] = total;
	}
	return starved;
}
