// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic counters: reserved by name and size, then allocated with the call that the
 * user asks for, then published.
 */
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dynamic.h"
#include "kinds/kinds.h"
#include "names.h"
#include "registry.h"
#include "variants.h"

/*
 * A user may ask for what is not to be had: no reason to fill the log. What of
 * this the user's memory cgroup is charged for is up to the call: only one takes
 * flags. All of it is within max_dynamic_bytes.
 */
#define NOWAIT_FLAGS	(GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT)

static void __percpu *alloc_copies(const struct pscope_counter *counter)
{
	if (counter->variant == PSCOPE___ALLOC_PERCPU)
		return __alloc_percpu(counter->bytes, counter->align);
	return counter->kind->alloc(counter->variant == PSCOPE_ALLOC_PERCPU_GFP ?
				    NOWAIT_FLAGS : 0);
}

/* What the allocator would warn about must be refused before it is asked. */
static int check_shape(const struct percpu_scope_create *request,
		       const struct pscope_kind *kind)
{
	if (request->variant != PSCOPE___ALLOC_PERCPU) {
		/* These calls take the shape from the type. */
		if ((request->bytes && request->bytes != kind->size) ||
		    (request->align && request->align != kind->align))
			return -EINVAL;
		return 0;
	}
	if (request->bytes &&
	    (request->bytes < kind->size || request->bytes > PCPU_MIN_UNIT_SIZE))
		return -EINVAL;
	if (request->align &&
	    (request->align < kind->align || request->align > PAGE_SIZE ||
	     !is_power_of_2(request->align)))
		return -EINVAL;
	return 0;
}

static int check_request(const struct percpu_scope_create *request)
{
	const struct pscope_kind *kind = pscope_kind_get(request->kind);
	int ret;

	if (request->reserved ||
	    request->flags & ~PERCPU_SCOPE_CREATE_TEMPORARY)
		return -EINVAL;
	ret = pscope_check_name(request->name, sizeof(request->name));
	if (ret)
		return ret;
	if (!kind || request->variant >= PSCOPE_VARIANT_COUNT)
		return -EINVAL;
	if (!kind->alloc ||
	    (request->variant != PSCOPE_ALLOC_PERCPU &&
	     request->variant != PSCOPE___ALLOC_PERCPU &&
	     request->variant != PSCOPE_ALLOC_PERCPU_GFP))
		return -EOPNOTSUPP;
	return check_shape(request, kind);
}

static void release(struct pscope_counter *counter)
{
	if (counter->kind->exit)
		counter->kind->exit(&counter->memory);
	free_percpu(counter->memory.percpu);
	pscope_registry_give_back(counter);
	/* Look-ups under RCU may still see it, and find no reference to take. */
	kfree_rcu(counter, rcu);
}

static struct pscope_counter *describe(const struct percpu_scope_create *request,
				       const void *owner)
{
	const struct pscope_kind *kind = pscope_kind_get(request->kind);
	struct pscope_counter *counter = kzalloc(sizeof(*counter), GFP_KERNEL_ACCOUNT);

	if (!counter)
		return NULL;
	counter->origin = PERCPU_SCOPE_ORIGIN_DYNAMIC;
	counter->variant = request->variant;
	counter->kind = kind;
	counter->bytes = request->bytes ?: kind->size;
	counter->align = request->align ?: kind->align;
	if (request->flags & PERCPU_SCOPE_CREATE_TEMPORARY)
		counter->owner = owner;
	strscpy(counter->name, request->name, sizeof(counter->name));
	counter->release = release;
	pscope_counter_init(counter);
	return counter;
}

int pscope_dynamic_create(struct percpu_scope_create *request, const void *owner)
{
	struct pscope_counter *counter;
	int ret = check_request(request);

	if (ret)
		return ret;
	counter = describe(request, owner);
	if (!counter)
		return -ENOMEM;
	ret = pscope_registry_reserve(counter);
	if (ret)
		goto free_counter;
	counter->memory.percpu = alloc_copies(counter);
	if (!counter->memory.percpu) {
		ret = -ENOMEM;
		goto cancel;
	}
	if (counter->kind->init)
		ret = counter->kind->init(&counter->memory);
	if (ret)
		goto free_copies;
	ret = pscope_registry_publish(counter, &request->counter);
	if (ret)
		goto exit;
	return 0;

exit:
	if (counter->kind->exit)
		counter->kind->exit(&counter->memory);
free_copies:
	free_percpu(counter->memory.percpu);
cancel:
	pscope_registry_cancel(counter);
free_counter:
	kfree(counter);
	return ret;
}
