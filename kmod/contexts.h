/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interference: generators that make a counter's updates happen in other
 * contexts of one CPU while a job runs on it.
 */
#ifndef PSCOPE_CONTEXTS_H
#define PSCOPE_CONTEXTS_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/smp.h>
#include <linux/types.h>

#include "uapi/percpu_scope.h"

struct pscope_counter;
struct pscope_idiom;
struct pscope_interference;

/* Under 10 us an emulated CPU does nothing but serve timers. */
#define PSCOPE_PERIOD_MIN_NS	10000
#define PSCOPE_PERIOD_MAX_NS	NSEC_PER_SEC

struct pscope_generator {
	struct hrtimer timer;
	struct pscope_interference *interference;
	/*
	 * Its own context writes them; others may look while it runs. Of 64 bits, as
	 * what a job may ask for, and whole to those who look.
	 */
	atomic64_t tally;
	atomic64_t open_sections;
};

/**
 * struct pscope_sending - interrupts that one CPU sends to another, one at a time
 * @pending: sent, and not served yet
 * @sent: when the last one was, in ns
 * @served: when its handler was done with it
 *
 * Whoever has set @pending owns all of it, until the handler clears it.
 */
struct pscope_sending {
	bool pending;
	u64 sent;
	u64 served;
};

struct pscope_interference {
	struct list_head node;	/* of the CPU's list; empty when stopped */
	struct pscope_counter *counter;
	const struct pscope_idiom *idiom;
	ktime_t period;
	unsigned int cpu;
	unsigned int sender;	/* the CPU that sends IPIs and NMIs */
	u32 contexts;
	bool promised;		/* the idiom conserves in all of the job's contexts */
	bool cpu_went_down;
	bool misplaced;		/* a generator ran in another context than its own */
	bool ipis;		/* one that was sent has updated, in hardirq context */
	struct pscope_generator generators[PERCPU_SCOPE_CONTEXT_COUNT];
	struct pscope_sending nmi_sending;
	/* IPIs: more updates in hardirq context. */
	struct hrtimer ipi_timer;
	call_single_data_t ipi;
	struct pscope_sending ipi_sending;
};

int pscope_contexts_init(void);
void pscope_contexts_exit(void);

/* Mask of the contexts that generators exist for. */
u32 pscope_contexts_supported(void);

/**
 * pscope_interference_start() - start on the CPU that the caller runs on
 * @interference: what to start; @interference->cpu says where it was
 *
 * Return: 0, or -EBUSY if that CPU has a generator of NMIs already, or its generators
 * in one of the contexts would together ask for more than one interrupt in
 * PSCOPE_PERIOD_MIN_NS.
 */
int pscope_interference_start(struct pscope_interference *interference);
/* No generator runs once this returns, and the tallies are final. */
void pscope_interference_stop(struct pscope_interference *interference);
/* Has every context issued so many, or will none any more? */
bool pscope_interference_enough(const struct pscope_interference *interference,
				u64 interruptions);

/* One update in a generator's context. */
void pscope_generator_update(struct pscope_generator *generator);
/* As that; whether this is the generator's context is noted. */
void pscope_generator_update_here(struct pscope_generator *generator);

/* senders.c, from any context */
bool pscope_send_begin(struct pscope_sending *sending);
void pscope_send_served(struct pscope_sending *sending);

/* senders.c, under the lock of the generators */
int pscope_senders_start(struct pscope_interference *interference);
void pscope_senders_stop(struct pscope_interference *interference);
void pscope_sender_leaves(struct pscope_interference *interference, unsigned int leaving);

/* nmi.c */
#ifdef CONFIG_X86_LOCAL_APIC
int pscope_nmi_init(void);
void pscope_nmi_exit(void);
/* Can this machine be made to send them? */
bool pscope_nmi_supported(void);
/* Under the lock of the generators, as starting and stopping. */
bool pscope_nmi_taken(unsigned int cpu);
void pscope_nmi_take(struct pscope_interference *interference);
void pscope_nmi_send(struct pscope_interference *interference);
void pscope_nmi_release(struct pscope_interference *interference);
#else
static inline int pscope_nmi_init(void) { return 0; }
static inline void pscope_nmi_exit(void) { }
static inline bool pscope_nmi_supported(void) { return false; }
static inline bool pscope_nmi_taken(unsigned int cpu) { return false; }
static inline void pscope_nmi_take(struct pscope_interference *interference) { }
static inline void pscope_nmi_send(struct pscope_interference *interference) { }
static inline void pscope_nmi_release(struct pscope_interference *interference) { }
#endif

#endif /* PSCOPE_CONTEXTS_H */
