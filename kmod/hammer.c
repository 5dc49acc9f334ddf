// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hammer: one job, in the calling thread, with the interference that it
 * asks for. It issues and tallies; whether all of it was counted is for the
 * reader of the counter to say.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "contexts.h"
#include "counter.h"
#include "hammer.h"
#include "idiom.h"
#include "storage.h"

/* Updates between two looks at signals and the scheduler: well under 1 ms. */
#define BATCH	1024UL

static int check_job(const struct percpu_scope_job *job,
		     const struct pscope_counter *counter,
		     const struct pscope_idiom *idiom)
{
	u32 asked = job->contexts | PSCOPE_TASK;

	if (!(idiom->storages & BIT_ULL(pscope_storage_id(counter->storage))))
		return -EINVAL;
	if (job->contexts & ~(u32)(PSCOPE_ANY & ~PSCOPE_TASK))
		return -EINVAL;
	if (job->contexts) {
		if (job->period_ns < PSCOPE_PERIOD_MIN_NS ||
		    job->period_ns > PSCOPE_PERIOD_MAX_NS)
			return -EINVAL;
	} else if (job->period_ns) {
		return -EINVAL;
	}
	if (asked & ~pscope_contexts_supported() || asked & ~idiom->runnable)
		return -EOPNOTSUPP;
	if (asked & ~idiom->conserved && !(job->flags & PERCPU_SCOPE_JOB_FINDING))
		return -EOPNOTSUPP;
	return 0;
}

static u64 issue_updates(struct pscope_counter *counter,
			 const struct pscope_idiom *idiom,
			 struct percpu_scope_job *job)
{
	u64 issued = 0;

	while (issued < job->updates) {
		unsigned long batch = min_t(u64, job->updates - issued, BATCH);

		idiom->update(counter, batch);
		issued += batch;
		if (issued < job->updates && signal_pending(current)) {
			job->flags |= PERCPU_SCOPE_JOB_INTERRUPTED;
			break;
		}
		cond_resched();
	}
	return issued;
}

static void run_job(struct percpu_scope_job *job, struct pscope_counter *counter,
		    const struct pscope_idiom *idiom,
		    struct pscope_interference *interference)
{
	ktime_t start = ktime_get();
	unsigned int context;

	job->cpu = raw_smp_processor_id();
	if (interference) {
		interference->counter = counter;
		interference->idiom = idiom;
		interference->contexts = job->contexts;
		interference->period = ns_to_ktime(job->period_ns);
		pscope_interference_start(interference);
		job->cpu = interference->cpu;
	}

	job->tally[PERCPU_SCOPE_CONTEXT_TASK] = issue_updates(counter, idiom, job);

	if (interference) {
		pscope_interference_stop(interference);
		for (context = PERCPU_SCOPE_CONTEXT_SOFTIRQ;
		     context < PERCPU_SCOPE_CONTEXT_COUNT; context++)
			job->tally[context] = interference->generators[context].tally;
		if (interference->cpu_went_down)
			job->flags |= PERCPU_SCOPE_JOB_CPU_WENT_DOWN;
	}
	job->elapsed_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
}

static int hammer_counter(struct percpu_scope_job *job,
			  struct pscope_counter *counter,
			  const struct pscope_idiom *idiom)
{
	struct pscope_interference *interference = NULL;
	int ret = check_job(job, counter, idiom);

	if (ret)
		return ret;
	if (job->contexts) {
		interference = kzalloc(sizeof(*interference), GFP_KERNEL);
		if (!interference)
			return -ENOMEM;
	}
	/* Only a reset can be in the way, and it is short. */
	ret = down_read_killable(&counter->jobs);
	if (!ret) {
		job->flags = 0;
		if (!(idiom->flags & PERCPU_SCOPE_IDIOM_PATTERN)) {
			WRITE_ONCE(counter->holds_pattern, false);
			/* Before any update: pairs with the verifying reader. */
			smp_wmb();
		}
		run_job(job, counter, idiom, interference);
		up_read(&counter->jobs);
	}
	kfree(interference);
	return ret;
}

int pscope_hammer(struct percpu_scope_job *job)
{
	const struct pscope_idiom *idiom = pscope_idiom_get(job->idiom);
	struct pscope_counter *counter;
	int ret;

	if (job->reserved || job->flags & ~PERCPU_SCOPE_JOB_FINDING)
		return -EINVAL;
	if (!idiom)
		return -ENOENT;
	counter = pscope_counter_get(job->counter);
	if (!counter)
		return -ENOENT;
	memset(job->tally, 0, sizeof(job->tally));
	ret = hammer_counter(job, counter, idiom);
	pscope_counter_put(counter);
	return ret;
}
