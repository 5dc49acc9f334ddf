/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A generator makes a counter's updates happen in another context of one CPU while a
 * job runs on it. What is here may be used from that context: from NMIs, too.
 */
#ifndef PSCOPE_GENERATOR_H
#define PSCOPE_GENERATOR_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/smp.h>
#include <linux/types.h>

#include "../counter.h"
#include "../use.h"

struct pscope_interference;

/**
 * struct pscope_generator - updates of one job in one context, by one source
 * @interference: what it belongs to
 * @context: enum percpu_scope_context
 * @running: started, and not stopped
 * @tally: updates issued; others may look while it runs
 * @open_sections: of these, that found a write section open
 * @misplaced: of these, that ran in another context than @context
 * @nested: of these, made while another generator's update was under way on the CPU
 * @timer: on the job's CPU, or on the sender's
 * @sender: the CPU that sends to the job's
 * @pending: sent, and not served yet. Whoever has set it owns it and the two below, until
 *	the handler clears it.
 * @sent: when the last one was, in ns
 * @served: when its handler was done with it
 * @csd: of an IPI
 * @irq_work: of one
 */
struct pscope_generator {
	struct pscope_interference *interference;
	u32 context;
	bool running;
	atomic64_t tally;
	atomic64_t open_sections;
	atomic64_t misplaced;
	atomic64_t nested;
	struct hrtimer timer;
	unsigned int sender;
	bool pending;
	u64 sent;
	u64 served;
	union {
		call_single_data_t csd;
		struct irq_work irq_work;
	};
};

/* Generators that a job has room for: one for each source there is. */
#define PSCOPE_SOURCES_MAX	8

/**
 * struct pscope_interference - the generators of one job
 * @node: of its CPU's list; empty when stopped
 * @counter: what they update
 * @work: how
 * @period: of each, at least
 * @contexts: mask of those asked for, without task
 * @cpu: the job's
 * @cpu_went_down: and they stopped with it
 * @generators: by the place of their source in the table of sources
 */
struct pscope_interference {
	struct list_head node;
	struct pscope_counter *counter;
	const struct pscope_work *work;
	ktime_t period;
	u32 contexts;
	unsigned int cpu;
	bool cpu_went_down;
	struct pscope_generator generators[PSCOPE_SOURCES_MAX];
};

/* One update, in the generator's context; whether this is it is not taken on trust. */
void pscope_generator_update(struct pscope_generator *generator);

/**
 * pscope_generator_send() - may the next one be sent?
 * @generator: taken for the next one if it may
 *
 * Not before the last one was served, nor before its CPU had as much time for all else
 * as that took: where an interrupt takes longer than the period, as NMIs do under
 * emulation, a CPU would do nothing else any more, and its task never see a signal.
 *
 * Return: true if it is to be sent.
 */
bool pscope_generator_send(struct pscope_generator *generator);
/* It could not be sent after all. */
void pscope_generator_not_sent(struct pscope_generator *generator);
/* By its handler, as the last thing: the next may be sent, and whoever stops it may go on. */
void pscope_generator_served(struct pscope_generator *generator);
/* Has what was sent been served? All that its handler did is then to be seen. */
bool pscope_generator_is_served(const struct pscope_generator *generator);

#endif /* PSCOPE_GENERATOR_H */
