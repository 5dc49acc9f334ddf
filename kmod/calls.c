// SPDX-License-Identifier: GPL-2.0-only
/*
 * Function-entry counting: a probe whose handler is one this_cpu_inc() on a
 * counter. A probed function can run in any context; so can that idiom, but
 * for NMIs on 32-bit, where kprobes' own recursion check keeps it whole.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "calls.h"
#include "names.h"
#include "probe.h"
#include "registry.h"
#include "use.h"

struct call_probe {
	struct list_head node;
	struct pscope_probe probe;
	char function[PERCPU_SCOPE_FUNCTION_SIZE];
};

static int start_counting(struct call_probe *call, struct pscope_in_the_way *in_the_way)
{
	struct pscope_counter *counter = call->probe.counter;
	struct pscope_use *use = &counter->use;
	bool held_pattern;
	int ret;

	if (!counter->kind->count_call)
		return -EOPNOTSUPP;
	/*
	 * The probe updates in any context, and few idioms conserve beside that:
	 * it has the counter for itself, as a reset has. No job.
	 */
	ret = pscope_use_claim(counter, in_the_way);
	if (ret)
		return ret;
	held_pattern = use->holds_pattern;
	pscope_change_begin(use);
	/* The first call may come before the probe is said to be there. */
	WRITE_ONCE(use->holds_pattern, false);
	ret = pscope_probe_plant(&call->probe, call->function);
	if (ret)
		WRITE_ONCE(use->holds_pattern, held_pattern);
	else
		use->calls_of = call->function;
	pscope_change_end(use);
	pscope_use_unclaim(counter);
	return ret;
}

static u64 stop_counting(struct call_probe *call)
{
	struct pscope_counter *counter = call->probe.counter;
	u64 missed = pscope_probe_remove(&call->probe);

	list_del(&call->node);
	mutex_lock(&counter->use.lock);
	counter->use.calls_of = NULL;
	mutex_unlock(&counter->use.lock);
	pscope_counter_put(counter);
	kfree(call);
	return missed;
}

void pscope_calls_init(struct pscope_calls *calls)
{
	mutex_init(&calls->lock);
	INIT_LIST_HEAD(&calls->probes);
}

void pscope_calls_exit(struct pscope_calls *calls)
{
	struct call_probe *call, *next;

	list_for_each_entry_safe(call, next, &calls->probes, node)
		stop_counting(call);
}

int pscope_calls_count(struct pscope_calls *calls,
		       struct percpu_scope_count_calls *request)
{
	struct pscope_in_the_way in_the_way = {};
	struct call_probe *call;
	int ret;

	ret = pscope_check_name(request->function, sizeof(request->function));
	if (ret)
		return ret;
	if (!request->function[0])
		return -EINVAL;
	call = kzalloc(sizeof(*call), GFP_KERNEL);
	if (!call)
		return -ENOMEM;
	strscpy(call->function, request->function, sizeof(call->function));
	call->probe.counter = pscope_counter_get(request->counter);
	ret = -ENOENT;
	if (!call->probe.counter)
		goto free_call;
	ret = start_counting(call, &in_the_way);
	memcpy(request->in_the_way, in_the_way.name, sizeof(request->in_the_way));
	if (ret)
		goto put_counter;

	mutex_lock(&calls->lock);
	list_add(&call->node, &calls->probes);
	mutex_unlock(&calls->lock);
	return 0;

put_counter:
	pscope_counter_put(call->probe.counter);
free_call:
	kfree(call);
	return ret;
}

int pscope_calls_stop(struct pscope_calls *calls,
		      struct percpu_scope_stop_calls *request)
{
	struct call_probe *call;
	int ret = -ENOENT;

	mutex_lock(&calls->lock);
	list_for_each_entry(call, &calls->probes, node) {
		if (call->probe.counter->number != request->counter)
			continue;
		request->missed = stop_counting(call);
		ret = 0;
		break;
	}
	mutex_unlock(&calls->lock);
	return ret;
}
