// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verifying reader: reads a copy that pattern idioms update, on whatever
 * CPU the caller runs, and checks what every reading must be. It never waits
 * for a writer, nor lets one wait: it holds no lock.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "counter.h"
#include "idiom.h"
#include "reader.h"
#include "storage.h"

/* Tries between two looks at signals and the scheduler: well under 1 ms. */
#define BATCH	1024U

struct verifier {
	const struct pscope_storage *storage;
	struct percpu_scope_verify *result;
	u64 last[PERCPU_SCOPE_FIELDS_MAX];
	bool have_last;
};

bool pscope_read_copy(const struct pscope_counter *counter, unsigned int cpu,
		      u32 retries_max, u64 *values, u64 *retries)
{
	u32 tries = 0;

	while (!counter->storage->read_copy(counter, cpu, values)) {
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
		/* Not cond_resched(), for which RCU-tasks waits on: see hammer.c. */
		cond_resched_tasks_rcu_qs();
	}
	return true;
}

static bool is_torn(u64 value)
{
	return (u32)value != (u32)(value >> 32);
}

static void check_reading(struct verifier *verifier, const u64 *values)
{
	const struct percpu_scope_field *fields = verifier->storage->fields;
	unsigned int count = verifier->storage->field_count;
	struct percpu_scope_verify *result = verifier->result;
	u32 gained = (u32)values[0] - (u32)verifier->last[0];
	bool torn = false, skewed = false, backward = false, changed = false, told;
	unsigned int i;

	for (i = 0; i < count; i++) {
		torn |= is_torn(values[i]);
		/* The first field's weight is 1, so it holds the updates. */
		skewed |= (u32)values[i] != (u32)values[0] * (u32)fields[i].weight;
		if (!verifier->have_last)
			continue;
		changed |= values[i] != verifier->last[i];
		/*
		 * A heavier field passes 2^31 sooner: then nothing can be told. Nor
		 * where fields are read at different times: in between, for a CPU that
		 * is emulated and not run, there can be millions of updates.
		 */
		told = fields[i].weight == 1 ||
		       (verifier->storage->unskewed &&
			gained < S32_MAX / (u32)fields[i].weight);
		backward |= told && (s32)((u32)values[i] - (u32)verifier->last[i]) < 0;
	}
	result->changed += changed;
	if (torn) {
		if (!result->torn)
			memcpy(result->torn_example, values, count * sizeof(*values));
		result->torn++;
		return;	/* Half a value says nothing about skew or order. */
	}
	result->skewed += skewed;
	result->backward += backward;
	memcpy(verifier->last, values, count * sizeof(*values));
	verifier->have_last = true;
}

static void read_batch(struct verifier *verifier, const struct pscope_counter *counter)
{
	struct percpu_scope_verify *result = verifier->result;
	u64 start = result->done + result->retries;
	u64 values[PERCPU_SCOPE_FIELDS_MAX];

	/* A reading is one try, and a retry for each writer it met. */
	while (result->done < result->reads &&
	       result->done + result->retries - start < BATCH) {
		result->done++;
		if (!pscope_read_copy(counter, result->cpu, result->retries_max,
				      values, &result->retries)) {
			/* That took long: look up before the next one. */
			result->starved++;
			break;
		}
		check_reading(verifier, values);
	}
}

/* Readings that a change of the counter came between are made, and say nothing. */
static void forget_batch(struct verifier *verifier, const struct percpu_scope_verify *before)
{
	struct percpu_scope_verify *result = verifier->result;

	result->torn = before->torn;
	result->skewed = before->skewed;
	result->backward = before->backward;
	result->changed = before->changed;
	memcpy(result->torn_example, before->torn_example, sizeof(result->torn_example));
	verifier->have_last = false;
}

static int verify_counter(struct percpu_scope_verify *request,
			  const struct pscope_counter *counter)
{
	struct verifier verifier = { .storage = counter->storage, .result = request };

	do {
		const struct percpu_scope_verify before = *request;
		u32 changes = pscope_changes(&counter->use);

		/* Until a change is over there is nothing to read. */
		if (!(changes & 1))
			read_batch(&verifier, counter);
		/*
		 * A job that writes no pattern says so before its first update:
		 * if it has not by now, all that was read is a pattern.
		 */
		if (pscope_has_changed(&counter->use, changes))
			forget_batch(&verifier, &before);
		else if (!READ_ONCE(counter->use.holds_pattern))
			return -ENODATA;
		if (request->done < request->reads && signal_pending(current)) {
			request->flags |= PERCPU_SCOPE_JOB_INTERRUPTED;
			break;
		}
		cond_resched_tasks_rcu_qs();
	} while (request->done < request->reads);
	return 0;
}

int pscope_verify(struct percpu_scope_verify *request)
{
	struct pscope_counter *counter;
	ktime_t start;
	int ret;

	if (request->flags || request->retries_max > PERCPU_SCOPE_RETRIES_MAX ||
	    request->cpu >= nr_cpu_ids || !cpu_possible(request->cpu))
		return -EINVAL;
	*request = (struct percpu_scope_verify) {
		.counter = request->counter,
		.cpu = request->cpu,
		.reads = request->reads,
		.retries_max = request->retries_max,
	};

	counter = pscope_counter_get(request->counter);
	if (!counter)
		return -ENOENT;
	ret = -EOPNOTSUPP;
	if (!counter->storage->read_copy || !pscope_has_pattern_idiom(counter->storage))
		goto put;
	start = ktime_get();
	ret = verify_counter(request, counter);
	request->elapsed_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
put:
	pscope_counter_put(counter);
	return ret;
}

void pscope_check_readings(const struct pscope_storage *storage, const u64 *readings,
			   unsigned int count, struct percpu_scope_verify *result)
{
	struct verifier verifier = { .storage = storage, .result = result };

	while (count--) {
		check_reading(&verifier, readings);
		readings += storage->field_count;
	}
}
