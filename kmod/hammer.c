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

#include "checkers.h"
#include "contexts.h"
#include "counter.h"
#include "hammer.h"
#include "idiom.h"
#include "inject.h"
#include "storage.h"
#include "use.h"

/*
 * Updates between two looks at signals and the scheduler: so many, or fewer if
 * they take longer than this. An update may be one instruction, or wait for
 * another CPU to answer.
 */
#define BATCH_MAX	1024UL
#define BATCH_MAX_NS	(NSEC_PER_MSEC / 2)

static u32 contexts_of(const struct percpu_scope_job *job)
{
	return job->contexts | (job->updates ? PSCOPE_TASK : 0);
}

static int check_job(const struct percpu_scope_job *job,
		     const struct pscope_counter *counter,
		     const struct pscope_idiom *idiom)
{
	u32 asked = contexts_of(job);

	if (!(idiom->storages & BIT_ULL(pscope_storage_id(counter->storage))))
		return -EINVAL;
	if (job->contexts & ~(u32)(PSCOPE_ANY & ~PSCOPE_TASK))
		return -EINVAL;
	if (job->contexts) {
		if (job->period_ns < PSCOPE_PERIOD_MIN_NS ||
		    job->period_ns > PSCOPE_PERIOD_MAX_NS)
			return -EINVAL;
	} else if (job->period_ns || job->interruptions) {
		return -EINVAL;
	}
	if (job->flags & PERCPU_SCOPE_JOB_INJECT &&
	    pscope_storage_id(counter->storage) != PERCPU_SCOPE_STORAGE_U64)
		return -EINVAL;
	if (asked & ~pscope_contexts_supported() || asked & ~idiom->runnable)
		return -EOPNOTSUPP;
	if (asked & ~idiom->conserved && !(job->flags & PERCPU_SCOPE_JOB_FINDING))
		return -EOPNOTSUPP;
	return 0;
}

static void update_in_task(struct pscope_counter *counter, const struct pscope_idiom *idiom,
			   unsigned long times, bool promised)
{
	if (!promised)
		pscope_checkers_off();
	idiom->update(counter, times);
	if (!promised)
		pscope_checkers_on();
}

static bool job_done(const struct percpu_scope_job *job, u64 issued,
		     const struct pscope_interference *interference)
{
	return issued >= job->updates &&
	       (!interference ||
		pscope_interference_enough(interference, job->interruptions));
}

static unsigned long next_batch(unsigned long batch, u64 took_ns)
{
	if (took_ns > BATCH_MAX_NS)
		return max(batch / 2, 1UL);
	if (took_ns < BATCH_MAX_NS / 2)
		return min(batch * 2, BATCH_MAX);
	return batch;
}

static u64 issue_updates(struct pscope_counter *counter, const struct pscope_work *work,
			 struct percpu_scope_job *job,
			 const struct pscope_interference *interference)
{
	unsigned long batch = 1;
	u64 issued = 0;

	while (!job_done(job, issued, interference)) {
		unsigned long times = batch;
		u64 start;

		if (issued < job->updates)
			times = min_t(u64, job->updates - issued, times);
		if (job->updates) {
			start = ktime_get_ns();
			update_in_task(counter, work->idiom, times, work->promised);
			issued += times;
			batch = next_batch(batch, ktime_get_ns() - start);
		} else {
			cpu_relax();
		}
		if (signal_pending(current) && !job_done(job, issued, interference)) {
			job->flags |= PERCPU_SCOPE_JOB_INTERRUPTED;
			break;
		}
		/*
		 * RCU-tasks waits for this thread, too, and trampolines, optimised kprobes,
		 * CPU hotplug and module loading wait for that.
		 */
		cond_resched_tasks_rcu_qs();
	}
	return issued;
}

static void tally_interference(struct percpu_scope_job *job,
			       const struct pscope_interference *interference)
{
	unsigned int context;

	for (context = 0; context < PERCPU_SCOPE_CONTEXT_COUNT; context++) {
		const struct pscope_generator *generator = &interference->generators[context];

		if (!(job->contexts & BIT(context)))
			continue;
		job->tally[context] = atomic64_read(&generator->tally);
		job->open_sections += atomic64_read(&generator->open_sections);
	}
	if (interference->cpu_went_down)
		job->flags |= PERCPU_SCOPE_JOB_CPU_WENT_DOWN;
	if (interference->misplaced)
		job->flags |= PERCPU_SCOPE_JOB_MISPLACED;
	if (interference->ipis)
		job->flags |= PERCPU_SCOPE_JOB_IPIS;
}

static int run_job(struct percpu_scope_job *job, struct pscope_counter *counter,
		   const struct pscope_work *work,
		   struct pscope_interference *interference)
{
	ktime_t start;
	int ret;

	job->cpu = raw_smp_processor_id();
	if (interference) {
		interference->counter = counter;
		interference->idiom = work->idiom;
		interference->contexts = job->contexts;
		interference->promised = work->promised;
		interference->period = ns_to_ktime(job->period_ns);
		ret = pscope_interference_start(interference);
		if (ret)
			return ret;
		job->cpu = interference->cpu;
	}

	/* Of the updates: starting and stopping waits for other CPUs, and for hotplug. */
	start = ktime_get();
	job->tally[PERCPU_SCOPE_CONTEXT_TASK] =
		issue_updates(counter, work, job, interference);
	job->elapsed_ns = ktime_to_ns(ktime_sub(ktime_get(), start));

	if (interference) {
		pscope_interference_stop(interference);
		tally_interference(job, interference);
	}
	return 0;
}

static int run_injected(struct percpu_scope_job *job, struct pscope_counter *counter,
			const struct pscope_work *work,
			struct pscope_interference *interference)
{
	int ret;

	if (!(job->flags & PERCPU_SCOPE_JOB_INJECT)) {
		job->flags = 0;
		return run_job(job, counter, work, interference);
	}
	ret = pscope_inject_start(counter);
	if (ret)
		return ret;
	job->flags = 0;
	ret = run_job(job, counter, work, interference);
	job->injected = pscope_inject_stop();
	return ret;
}

static int hammer_counter(struct percpu_scope_job *job,
			  struct pscope_counter *counter,
			  const struct pscope_idiom *idiom)
{
	struct pscope_work work = { .idiom = idiom, .contexts = contexts_of(job) };
	struct pscope_interference *interference = NULL;
	int ret = check_job(job, counter, idiom);

	if (ret)
		return ret;
	if (job->contexts) {
		interference = kzalloc(sizeof(*interference), GFP_KERNEL);
		if (!interference)
			return -ENOMEM;
	}
	ret = pscope_use_admit(&counter->use, &work, job->flags & PERCPU_SCOPE_JOB_FINDING);
	if (!ret) {
		ret = run_injected(job, counter, &work, interference);
		pscope_use_leave(&counter->use, &work, !ret);
	}
	kfree(interference);
	return ret;
}

int pscope_hammer(struct percpu_scope_job *job)
{
	const struct pscope_idiom *idiom = pscope_idiom_get(job->idiom);
	struct pscope_counter *counter;
	int ret;

	if (job->reserved ||
	    job->flags & ~(PERCPU_SCOPE_JOB_FINDING | PERCPU_SCOPE_JOB_INJECT))
		return -EINVAL;
	if (!idiom)
		return -ENOENT;
	counter = pscope_counter_get(job->counter);
	if (!counter)
		return -ENOENT;
	memset(job->tally, 0, sizeof(job->tally));
	job->injected = 0;
	job->open_sections = 0;
	ret = hammer_counter(job, counter, idiom);
	pscope_counter_put(counter);
	return ret;
}
