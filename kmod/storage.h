/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How each storage lies in memory: its types, and one const struct pscope_storage
 * with what is to be known to place, read and zero it. Nothing here updates.
 */
#ifndef PSCOPE_STORAGE_H
#define PSCOPE_STORAGE_H

#include <linux/cache.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/threads.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>

#include "uapi/percpu_scope.h"

struct pscope_counter;

/* What one update of a group adds to its bytes, for each packet. */
#define PSCOPE_RX_PACKET_BYTES	1500
#define PSCOPE_TX_PACKET_BYTES	64

struct pscope_stats_group {
	u64_stats_t rx_packets;
	u64_stats_t rx_bytes;
	u64_stats_t tx_packets;
	u64_stats_t tx_bytes;
	struct u64_stats_sync syncp;
};

struct pscope_seqcount_group {
	seqcount_t seq;
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
};

struct pscope_locked_u64 {
	spinlock_t lock;	/* of the value */
	u64 value;
};

struct pscope_padded_u64 {
	u64 value;
} ____cacheline_aligned;

struct pscope_storage {
	const char *name;
	const struct percpu_scope_field *fields;
	unsigned int field_count;
	bool percpu;		/* counter->percpu, else counter->memory */
	bool unskewed;		/* one read_copy() never mixes two updates */
	size_t size;		/* bytes of one copy; of the whole if shared */
	size_t align;		/* bytes */

	/* Make zeroed memory usable: locks and sequence counts. */
	void (*init)(const struct pscope_counter *counter);
	/*
	 * One attempt to read a CPU's copy. It sets all fields; false if a writer
	 * was at work, and they may then not agree. NULL: no copies.
	 */
	bool (*read_copy)(const struct pscope_counter *counter,
			  unsigned int cpu, u64 *values);
	/*
	 * Is a write section open on this CPU's copy? For interrupts of the
	 * writer. NULL: updates have no sections.
	 */
	bool (*section_open)(const struct pscope_counter *counter);
	/*
	 * Tell lockdep by which rule this CPU's copy is written from now on:
	 * with interrupts kept out of its sections, or in tasks alone, as it
	 * is in the beginning. A class of locks has one rule for ever; a copy
	 * has the first while interrupts update it, whatever tasks come by.
	 * On that CPU. NULL: updates take no lock.
	 */
	void (*set_rule)(const struct pscope_counter *counter, unsigned int cpu,
			 bool interrupts_out);
	/* The part that belongs to no CPU. NULL: none. */
	void (*read_shared)(const struct pscope_counter *counter, u64 *values);
	/*
	 * All parts together, for those that move from one to another: what is
	 * shared, then the copies of all possible CPUs, as in a record. NULL:
	 * each part stands by itself, and they can be read one after another.
	 */
	void (*read_all)(const struct pscope_counter *counter, u64 *values);
	/* Only while nothing updates the counter; readers may be at work. */
	void (*zero)(const struct pscope_counter *counter);
	/* Address of a CPU's copy. NULL: no copies. */
	void *(*copy_address)(const struct pscope_counter *counter,
			      unsigned int cpu);
};

/* Indexed by enum percpu_scope_storage. */
extern const struct pscope_storage pscope_storages[PERCPU_SCOPE_STORAGE_COUNT];

u32 pscope_storage_id(const struct pscope_storage *storage);

#endif /* PSCOPE_STORAGE_H */
