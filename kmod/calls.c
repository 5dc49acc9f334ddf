// SPDX-License-Identifier: GPL-2.0-only
/*
 * Function-entry counting: a kprobe whose handler is one this_cpu_inc() on a
 * counter. A probed function can run in any context; so can that idiom, but
 * for NMIs on 32-bit, where kprobes' own recursion check keeps it whole.
 */
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "calls.h"
#include "counter.h"
#include "names.h"
#include "probe.h"
#include "storage.h"

struct call_probe {
	struct list_head node;
	struct pscope_counter *counter;
	char function[PERCPU_SCOPE_FUNCTION_SIZE];
#ifdef CONFIG_KPROBES
	struct kprobe probe;
#endif
};

#ifdef CONFIG_KPROBES

static int count_call(struct kprobe *probe, struct pt_regs *regs)
{
	struct call_probe *call = container_of(probe, struct call_probe, probe);

	this_cpu_inc(*(u64 __percpu *)call->counter->percpu);
	return 0;
}

NOKPROBE_SYMBOL(count_call);

static int probe_register(struct call_probe *call)
{
	call->probe.symbol_name = call->function;
	call->probe.pre_handler = count_call;
	return pscope_probe_register(&call->probe);
}

/* Returns the calls that came while a probe was at work on the same CPU. */
static u64 probe_unregister(struct call_probe *call)
{
	unregister_kprobe(&call->probe);
	return call->probe.nmissed;
}

#else

static int probe_register(struct call_probe *call)
{
	return -EOPNOTSUPP;
}

static u64 probe_unregister(struct call_probe *call)
{
	return 0;
}

#endif

static int start_counting(struct call_probe *call)
{
	struct pscope_counter *counter = call->counter;
	struct pscope_use *use = &counter->use;
	bool held_pattern;
	int ret;

	if (pscope_storage_id(counter->storage) != PERCPU_SCOPE_STORAGE_U64)
		return -EOPNOTSUPP;
	/*
	 * The probe updates in any context, and few idioms conserve beside that:
	 * it has the counter for itself, as a reset has. No job.
	 */
	ret = pscope_use_claim(use);
	if (ret)
		return ret;
	held_pattern = use->holds_pattern;
	pscope_change_begin(use);
	/* The first call may come before the probe is said to be there. */
	WRITE_ONCE(use->holds_pattern, false);
	ret = probe_register(call);
	if (ret)
		WRITE_ONCE(use->holds_pattern, held_pattern);
	else
		use->counts_calls = true;
	pscope_change_end(use);
	pscope_use_unclaim(use);
	return ret;
}

static u64 stop_counting(struct call_probe *call)
{
	struct pscope_counter *counter = call->counter;
	u64 missed = probe_unregister(call);

	list_del(&call->node);
	mutex_lock(&counter->use.lock);
	counter->use.counts_calls = false;
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
		       const struct percpu_scope_count_calls *request)
{
	struct call_probe *call;
	int ret;

	if (request->reserved)
		return -EINVAL;
	ret = pscope_check_name(request->function, sizeof(request->function));
	if (ret)
		return ret;
	if (!request->function[0])
		return -EINVAL;
	call = kzalloc(sizeof(*call), GFP_KERNEL);
	if (!call)
		return -ENOMEM;
	strscpy(call->function, request->function, sizeof(call->function));
	call->counter = pscope_counter_get(request->counter);
	ret = -ENOENT;
	if (!call->counter)
		goto free_call;
	ret = start_counting(call);
	if (ret)
		goto put_counter;

	mutex_lock(&calls->lock);
	list_add(&call->node, &calls->probes);
	mutex_unlock(&calls->lock);
	return 0;

put_counter:
	pscope_counter_put(call->counter);
free_call:
	kfree(call);
	return ret;
}

int pscope_calls_stop(struct pscope_calls *calls,
		      struct percpu_scope_stop_calls *request)
{
	struct call_probe *call;
	int ret = -ENOENT;

	if (request->reserved)
		return -EINVAL;
	mutex_lock(&calls->lock);
	list_for_each_entry(call, &calls->probes, node) {
		if (call->counter->id != request->counter)
			continue;
		request->missed = stop_counting(call);
		ret = 0;
		break;
	}
	mutex_unlock(&calls->lock);
	return ret;
}
