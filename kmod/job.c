// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hammer: one job, in the calling thread, with the interference that it
 * asks for. It issues and tallies; whether all of it was counted is for the
 * reader of the counter to say.
 */
#include <linux/bits.h>
#include <linux/bottom_half.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "checkers.h"
#include "interference/interference.h"
#include "job.h"
#include "kinds/kinds.h"
#include "probe.h"
#include "registry.h"
#include "use.h"

/*
 * Updates between two looks at signals and the scheduler: so many, or fewer if
 * they take longer than this. An update may be one instruction, or wait for
 * another CPU to answer.
 */
#define BATCH_MAX	2048UL
#define BATCH_MAX_NS	(NSEC_PER_MSEC / 2)

static u32 contexts_of(const struct percpu_scope_job *job)
{
	return (u32)job->contexts | (job->updates ? PSCOPE_TASK : 0);
}

static int check_job(const struct percpu_scope_job *job,
		     const struct pscope_counter *counter, const struct pscope_work *work)
{
	const struct pscope_idiom *idiom = work->idiom;

	if (idiom->kind != counter->kind)
		return -EINVAL;
	if (job->contexts & ~(u64)(PSCOPE_ANY & ~PSCOPE_TASK))
		return -EINVAL;
	if (job->contexts) {
		if (job->period_ns < PSCOPE_PERIOD_MIN_NS ||
		    job->period_ns > PSCOPE_PERIOD_MAX_NS)
			return -EINVAL;
	} else if (job->period_ns || job->interruptions) {
		return -EINVAL;
	}
	if (job->flags & PERCPU_SCOPE_JOB_INJECT && !counter->kind->count_call)
		return -EINVAL;
	if (work->bh_off && !job->updates)
		return -EINVAL;
	if (work->contexts & ~pscope_contexts_supported() || work->contexts & ~idiom->runnable)
		return -EOPNOTSUPP;
	if (!pscope_work_conserves(work) && !(job->flags & PERCPU_SCOPE_JOB_FINDING))
		return -EOPNOTSUPP;
	return 0;
}

/* False if bottom halves were on all the same. */
static bool update_with_bh_off(struct pscope_counter *counter,
			       const struct pscope_idiom *idiom, unsigned long times)
{
	bool off = true;

	/* Each by itself, as in a driver: softirqs come between any two. */
	while (times--) {
		local_bh_disable();
		idiom->update(&counter->memory, 1);
		off &= !!softirq_count();
		local_bh_enable();
	}
	return off;
}

/* False if it was in another context than it was to be in. */
static bool update_in_task(struct pscope_counter *counter, const struct pscope_work *work,
			   unsigned long times)
{
	bool in_place = true;

	if (!work->promised)
		pscope_checkers_off();
	if (work->bh_off)
		in_place = update_with_bh_off(counter, work->idiom, times);
	else
		work->idiom->update(&counter->memory, times);
	if (!work->promised)
		pscope_checkers_on();
	return in_place;
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
			if (!update_in_task(counter, work, times))
				job->outcome |= PERCPU_SCOPE_OUTCOME_MISPLACED;
			issued += times;
			batch = next_batch(batch, ktime_get_ns() - start);
		} else {
			cpu_relax();
		}
		if (signal_pending(current) && !job_done(job, issued, interference)) {
			job->outcome |= PERCPU_SCOPE_OUTCOME_INTERRUPTED;
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

/*
 * Of the updates: starting and stopping waits for other CPUs, and for hotplug. How often the
 * thread was moved and put aside are the scheduler's own counts.
 */
static void issue_and_measure(struct pscope_counter *counter, const struct pscope_work *work,
			      struct percpu_scope_job *job,
			      const struct pscope_interference *interference)
{
	u64 migrations = READ_ONCE(current->se.nr_migrations);
	u64 preemptions = READ_ONCE(current->nivcsw);
	ktime_t start = ktime_get();

	job->tally[PERCPU_SCOPE_CONTEXT_TASK] =
		issue_updates(counter, work, job, interference);
	job->elapsed_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	job->migrations = READ_ONCE(current->se.nr_migrations) - migrations;
	job->preemptions = READ_ONCE(current->nivcsw) - preemptions;
}

static int run_with_interference(struct percpu_scope_job *job, struct pscope_counter *counter,
				 const struct pscope_work *work,
				 struct pscope_in_the_way *in_the_way)
{
	struct pscope_interference *interference;
	int ret;

	job->cpu = raw_smp_processor_id();
	if (!job->contexts) {
		issue_and_measure(counter, work, job, NULL);
		return 0;
	}
	interference = kzalloc(sizeof(*interference), GFP_KERNEL);
	if (!interference)
		return -ENOMEM;
	interference->counter = counter;
	interference->work = work;
	interference->contexts = job->contexts;
	interference->period = ns_to_ktime(job->period_ns);
	ret = pscope_interference_start(interference, in_the_way);
	if (!ret) {
		job->cpu = interference->cpu;
		issue_and_measure(counter, work, job, interference);
		pscope_interference_stop(interference);
		pscope_interference_tally(interference, job);
	}
	kfree(interference);
	return ret;
}

/* Who injects: the window is one, and so is the probe on it. */
static DEFINE_MUTEX(inject_lock);
static const struct pscope_work *injecting;

static int begin_injection(struct pscope_probe *probe, const struct pscope_work *work,
			   struct pscope_in_the_way *in_the_way)
{
	int ret;

	mutex_lock(&inject_lock);
	if (injecting) {
		pscope_name_work(injecting, in_the_way);
		ret = -EBUSY;
	} else {
		ret = pscope_probe_plant(probe, NULL);
		if (!ret)
			injecting = work;
	}
	mutex_unlock(&inject_lock);
	return ret;
}

static void end_injection(struct pscope_probe *probe)
{
	mutex_lock(&inject_lock);
	pscope_probe_remove(probe);
	injecting = NULL;
	mutex_unlock(&inject_lock);
}

static int run_injected(struct percpu_scope_job *job, struct pscope_counter *counter,
			const struct pscope_work *work, struct pscope_in_the_way *in_the_way)
{
	struct pscope_probe *probe;
	int ret;

	if (!(job->flags & PERCPU_SCOPE_JOB_INJECT))
		return run_with_interference(job, counter, work, in_the_way);
	probe = kzalloc(sizeof(*probe), GFP_KERNEL);
	if (!probe)
		return -ENOMEM;
	/* Others' controls have the same window. */
	probe->task = current;
	probe->counter = counter;
	ret = begin_injection(probe, work, in_the_way);
	if (!ret) {
		ret = run_with_interference(job, counter, work, in_the_way);
		end_injection(probe);
		job->injected = atomic64_read(&probe->hits);
	}
	kfree(probe);
	return ret;
}

static int hammer_counter(struct percpu_scope_job *job, struct pscope_counter *counter,
			  const struct pscope_idiom *idiom,
			  struct pscope_in_the_way *in_the_way)
{
	struct pscope_work work = {
		.idiom = idiom,
		.contexts = contexts_of(job),
		.bh_off = job->flags & PERCPU_SCOPE_JOB_BH_OFF,
	};
	int ret = check_job(job, counter, &work);

	if (ret)
		return ret;
	ret = pscope_use_admit(counter, &work, job->flags & PERCPU_SCOPE_JOB_FINDING,
			       in_the_way);
	if (ret)
		return ret;
	ret = run_injected(job, counter, &work, in_the_way);
	pscope_use_leave(counter, &work, !ret);
	return ret;
}

int pscope_job_run(struct percpu_scope_job *job)
{
	const struct pscope_idiom *idiom = pscope_idiom_get(job->idiom);
	struct pscope_in_the_way in_the_way = {};
	struct pscope_counter *counter;
	int ret;

	if (job->flags & ~(PERCPU_SCOPE_JOB_FINDING | PERCPU_SCOPE_JOB_INJECT |
			   PERCPU_SCOPE_JOB_BH_OFF))
		return -EINVAL;
	if (!idiom)
		return -ENOENT;
	counter = pscope_counter_get(job->counter);
	if (!counter)
		return -ENOENT;
	memset_startat(job, 0, tally);
	ret = hammer_counter(job, counter, idiom, &in_the_way);
	memcpy(job->in_the_way, in_the_way.name, sizeof(job->in_the_way));
	pscope_counter_put(counter);
	return ret;
}
