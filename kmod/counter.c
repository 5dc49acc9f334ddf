// SPDX-License-Identifier: GPL-2.0-only
/* The life of one counter. */
#include "counter.h"

void pscope_counter_init(struct pscope_counter *counter)
{
	struct pscope_use *use = &counter->use;

	kref_init(&counter->ref);
	mutex_init(&use->lock);
	INIT_LIST_HEAD(&use->at_work);
	use->changes = 0;
	use->holds_pattern = true;
	use->spoilt = false;
	use->kept_out = PSCOPE_NOTHING_OUT;
	use->calls_of = NULL;
}

bool pscope_counter_hold(struct pscope_counter *counter)
{
	return kref_get_unless_zero(&counter->ref);
}

static void release(struct kref *ref)
{
	struct pscope_counter *counter = container_of(ref, struct pscope_counter, ref);

	counter->release(counter);
}

void pscope_counter_put(struct pscope_counter *counter)
{
	kref_put(&counter->ref, release);
}
