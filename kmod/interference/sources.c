// SPDX-License-Identifier: GPL-2.0-only
/* The table of sources, and what is asked of all of them. */
#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>

#include "../uapi/percpu_scope.h"
#include "sources.h"

const struct pscope_source * const pscope_sources[] = {
	&pscope_softirq_timer,
	&pscope_hardirq_timer,
	&pscope_ipi,
	&pscope_irq_work,
#ifdef CONFIG_X86_LOCAL_APIC
	&pscope_nmi,
#endif
};

const unsigned int pscope_source_count = ARRAY_SIZE(pscope_sources);

static_assert(ARRAY_SIZE(pscope_sources) <= PSCOPE_SOURCES_MAX);

static bool is_supported(const struct pscope_source *source)
{
	return !source->supported || source->supported();
}

u32 pscope_contexts_supported(void)
{
	u32 contexts = PSCOPE_TASK;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pscope_sources); i++)
		if (is_supported(pscope_sources[i]))
			contexts |= BIT(pscope_sources[i]->context);
	return contexts;
}

static u64 tally_of(const struct pscope_interference *interference, u32 context)
{
	u64 tally = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pscope_sources); i++)
		if (pscope_sources[i]->context == context)
			tally += atomic64_read(&interference->generators[i].tally);
	return tally;
}

bool pscope_interference_enough(const struct pscope_interference *interference,
				u64 interruptions)
{
	u32 context;

	if (READ_ONCE(interference->cpu_went_down))
		return true;
	for (context = 0; context < PERCPU_SCOPE_CONTEXT_COUNT; context++)
		if (interference->contexts & BIT(context) &&
		    tally_of(interference, context) < interruptions)
			return false;
	return true;
}

void pscope_interference_tally(const struct pscope_interference *interference,
			       struct percpu_scope_job *job)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pscope_sources); i++) {
		const struct pscope_generator *generator = &interference->generators[i];
		u64 tally = atomic64_read(&generator->tally);

		job->tally[pscope_sources[i]->context] += tally;
		job->open_sections += atomic64_read(&generator->open_sections);
		job->nested += atomic64_read(&generator->nested);
		if (pscope_sources[i] == &pscope_ipi)
			job->ipis = tally;
		if (pscope_sources[i] == &pscope_irq_work)
			job->irq_works = tally;
		if (atomic64_read(&generator->misplaced))
			job->outcome |= PERCPU_SCOPE_OUTCOME_MISPLACED;
	}
	if (interference->cpu_went_down)
		job->outcome |= PERCPU_SCOPE_OUTCOME_CPU_WENT_DOWN;
}

static void exit_those(unsigned int count)
{
	while (count--)
		if (pscope_sources[count]->exit)
			pscope_sources[count]->exit();
}

int pscope_sources_init(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(pscope_sources); i++) {
		if (pscope_sources[i]->init)
			ret = pscope_sources[i]->init();
		if (ret) {
			exit_those(i);
			return ret;
		}
	}
	return 0;
}

void pscope_sources_exit(void)
{
	exit_those(ARRAY_SIZE(pscope_sources));
}
