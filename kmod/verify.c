// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verifying reader: reads a copy that pattern idioms update, on whatever
 * CPU the caller runs, and checks what every reading must be. It never waits
 * for a writer, nor lets one wait: it holds no lock.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "kinds/kinds.h"
#include "read.h"
#include "registry.h"
#include "use.h"
#include "verify.h"

/* Tries between two looks at signals and the scheduler: well under 1 ms. */
#define BATCH	1024U

struct verifier {
	const struct pscope_kind *kind;
	struct pscope_found *found;
	u64 last[PSCOPE_FIELDS_MAX];
	bool have_last;
};

static bool is_torn(u64 value)
{
	return (u32)value != (u32)(value >> 32);
}

static void check_reading(struct verifier *verifier, const u64 *values)
{
	const struct pscope_field *fields = verifier->kind->fields;
	unsigned int count = verifier->kind->field_count;
	struct pscope_found *found = verifier->found;
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
		       (verifier->kind->unskewed &&
			gained < S32_MAX / (u32)fields[i].weight);
		backward |= told && (s32)((u32)values[i] - (u32)verifier->last[i]) < 0;
	}
	found->changed += changed;
	if (torn) {
		if (!found->torn)
			memcpy(found->torn_example, values, count * sizeof(*values));
		found->torn++;
		return;	/* Half a value says nothing about skew or order. */
	}
	found->skewed += skewed;
	found->backward += backward;
	memcpy(verifier->last, values, count * sizeof(*values));
	verifier->have_last = true;
}

void pscope_check_readings(const struct pscope_kind *kind, const u64 *readings,
			   unsigned int count, struct pscope_found *found)
{
	struct verifier verifier = { .kind = kind, .found = found };

	while (count--) {
		check_reading(&verifier, readings);
		readings += kind->field_count;
	}
}

static void read_batch(struct verifier *verifier, const struct pscope_counter *counter,
		       struct percpu_scope_verify *request)
{
	u64 start = request->done + request->retries;
	u64 values[PSCOPE_FIELDS_MAX];

	/* A reading is one try, and a retry for each writer it met. */
	while (request->done < request->reads &&
	       request->done + request->retries - start < BATCH) {
		request->done++;
		if (!pscope_read_copy(counter, request->cpu, request->retries_max,
				      values, &request->retries)) {
			/* That took long: look up before the next one. */
			request->starved++;
			break;
		}
		check_reading(verifier, values);
	}
}

static int verify_counter(struct percpu_scope_verify *request,
			  const struct pscope_counter *counter, struct pscope_found *found)
{
	struct verifier verifier = { .kind = counter->kind, .found = found };

	do {
		const struct pscope_found before = *found;
		u32 changes = pscope_changes(&counter->use);

		/* Until a change is over there is nothing to read. */
		if (!(changes & 1))
			read_batch(&verifier, counter, request);
		/*
		 * A job that writes no pattern says so before its first update:
		 * if it has not by now, all that was read is a pattern.
		 */
		if (pscope_has_changed(&counter->use, changes)) {
			/* What a change came between is read, and says nothing. */
			*found = before;
			verifier.have_last = false;
		} else if (!READ_ONCE(counter->use.holds_pattern)) {
			return -ENODATA;
		}
		if (request->done < request->reads && signal_pending(current)) {
			request->outcome |= PERCPU_SCOPE_OUTCOME_INTERRUPTED;
			break;
		}
		cond_resched_tasks_rcu_qs();
	} while (request->done < request->reads);
	return 0;
}

static int answer(struct percpu_scope_verify *request, const struct pscope_found *found,
		  unsigned int fields)
{
	request->torn = found->torn;
	request->skewed = found->skewed;
	request->backward = found->backward;
	request->changed = found->changed;
	if (request->torn_example &&
	    copy_to_user(u64_to_user_ptr(request->torn_example), found->torn_example,
			 fields * sizeof(*found->torn_example)))
		return -EFAULT;
	return 0;
}

int pscope_verify(struct percpu_scope_verify *request)
{
	struct pscope_found found = {};
	struct pscope_counter *counter;
	ktime_t start;
	int ret;

	if (request->retries_max > PERCPU_SCOPE_RETRIES_MAX ||
	    request->cpu >= nr_cpu_ids || !cpu_possible(request->cpu))
		return -EINVAL;
	counter = pscope_counter_get(request->counter);
	if (!counter)
		return -ENOENT;
	ret = -EOPNOTSUPP;
	if (!pscope_kind_is_verifiable(counter->kind))
		goto put;
	ret = -ENOSPC;
	if (request->torn_example && request->torn_fields < counter->kind->field_count) {
		request->torn_fields = counter->kind->field_count;
		goto put;
	}
	*request = (struct percpu_scope_verify) {
		.size = request->size,
		.counter = request->counter,
		.cpu = request->cpu,
		.reads = request->reads,
		.retries_max = request->retries_max,
		.torn_example = request->torn_example,
		.torn_fields = counter->kind->field_count,
	};
	start = ktime_get();
	ret = verify_counter(request, counter, &found);
	request->elapsed_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	if (!ret)
		ret = answer(request, &found, counter->kind->field_count);
put:
	pscope_counter_put(counter);
	return ret;
}
