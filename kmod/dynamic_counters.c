// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic counters: per-CPU memory from the allocator, made by name with the
 * call that the user asks for.
 */
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/local64.h>

#include "compat.h"
#include "counter.h"
#include "names.h"
#include "storage.h"

/*
 * A user may ask for what is not to be had: no reason to fill the log. What of
 * this the user's memory cgroup is charged for is up to the call: only one takes
 * flags. All of it is within max_dynamic_bytes.
 */
#define NOWAIT_FLAGS	(GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT)

#define ALLOC(type, nowait)						\
	((nowait) ? alloc_percpu_gfp(type, NOWAIT_FLAGS) : alloc_percpu(type))

static void __percpu *alloc_copies(const struct pscope_counter *counter)
{
	bool nowait = counter->variant == PERCPU_SCOPE_VARIANT_ALLOC_PERCPU_GFP;

	if (counter->variant == PERCPU_SCOPE_VARIANT___ALLOC_PERCPU)
		return __alloc_percpu(counter->size, counter->align);

	/* The other calls are macros that take the type. */
	switch (pscope_storage_id(counter->storage)) {
	case PERCPU_SCOPE_STORAGE_U64:
		return ALLOC(u64, nowait);
	case PERCPU_SCOPE_STORAGE_LOCAL64:
		return ALLOC(local64_t, nowait);
	case PERCPU_SCOPE_STORAGE_U64_STATS:
		return ALLOC(struct pscope_stats_group, nowait);
	case PERCPU_SCOPE_STORAGE_SEQCOUNT:
		return ALLOC(struct pscope_seqcount_group, nowait);
	default:
		return NULL;
	}
}

/* What the allocator would warn about must be refused before it is asked. */
static int check_shape(const struct percpu_scope_create *request,
		       const struct pscope_storage *storage, size_t *size,
		       size_t *align)
{
	*size = storage->size;
	*align = storage->align;

	if (request->variant != PERCPU_SCOPE_VARIANT___ALLOC_PERCPU) {
		/* These calls take the shape from the type. */
		if (request->size && request->size != storage->size)
			return -EINVAL;
		if (request->align && request->align != storage->align)
			return -EINVAL;
		return 0;
	}
	if (request->size) {
		if (request->size < storage->size ||
		    request->size > PCPU_MIN_UNIT_SIZE)
			return -EINVAL;
		*size = request->size;
	}
	if (request->align) {
		if (request->align < storage->align ||
		    request->align > PAGE_SIZE ||
		    !is_power_of_2(request->align))
			return -EINVAL;
		*align = request->align;
	}
	return 0;
}

int pscope_dynamic_create(struct percpu_scope_create *request)
{
	const struct pscope_storage *storage;
	struct pscope_counter *counter;
	int ret;

	if (request->reserved || request->id)
		return -EINVAL;
	ret = pscope_check_name(request->name, sizeof(request->name));
	if (ret)
		return ret;
	if (request->storage >= PERCPU_SCOPE_STORAGE_COUNT ||
	    request->variant >= PERCPU_SCOPE_VARIANT_COUNT)
		return -EINVAL;
	storage = &pscope_storages[request->storage];
	if (!storage->percpu ||
	    (request->variant != PERCPU_SCOPE_VARIANT_ALLOC_PERCPU &&
	     request->variant != PERCPU_SCOPE_VARIANT___ALLOC_PERCPU &&
	     request->variant != PERCPU_SCOPE_VARIANT_ALLOC_PERCPU_GFP))
		return -EOPNOTSUPP;

	counter = kzalloc(sizeof(*counter), GFP_KERNEL_ACCOUNT);
	if (!counter)
		return -ENOMEM;
	counter->origin = PERCPU_SCOPE_ORIGIN_DYNAMIC;
	counter->variant = request->variant;
	counter->storage = storage;
	strscpy(counter->name, request->name, sizeof(counter->name));
	ret = check_shape(request, storage, &counter->size, &counter->align);
	if (ret)
		goto free_counter;

	ret = pscope_counter_reserve(counter);
	if (ret)
		goto free_counter;
	counter->percpu = alloc_copies(counter);
	if (!counter->percpu) {
		ret = -ENOMEM;
		goto cancel;
	}
	if (storage->init)
		storage->init(counter);
	ret = pscope_counter_publish(counter, &request->id);
	if (ret)
		goto free_copies;
	return 0;

free_copies:
	free_percpu(counter->percpu);
cancel:
	pscope_counter_cancel(counter);
free_counter:
	kfree(counter);
	return ret;
}

void pscope_dynamic_free(struct pscope_counter *counter)
{
	free_percpu(counter->percpu);
	/* Look-ups under RCU may still see it, and find no reference to take. */
	kfree_rcu(counter, rcu);
}
