/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Groups: what a driver counts of its packets, in fields that belong together, under
 * u64_stats_sync or a sequence count of their own.
 */
#ifndef PSCOPE_GROUP_H
#define PSCOPE_GROUP_H

#include <linux/seqlock.h>
#include <linux/u64_stats_sync.h>

#include "../kind.h"

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

/* Both groups' fields, in this order. */
enum {
	PSCOPE_RX_PACKETS,
	PSCOPE_RX_BYTES,
	PSCOPE_TX_PACKETS,
	PSCOPE_TX_BYTES,
	PSCOPE_GROUP_FIELDS,
};

extern const struct pscope_field pscope_group_fields[PSCOPE_GROUP_FIELDS];

static inline struct pscope_stats_group *pscope_stats_copy(const struct pscope_memory *memory,
							   unsigned int cpu)
{
	return per_cpu_ptr((struct pscope_stats_group __percpu *)memory->percpu, cpu);
}

static inline struct pscope_seqcount_group *
pscope_seqcount_copy(const struct pscope_memory *memory, unsigned int cpu)
{
	return per_cpu_ptr((struct pscope_seqcount_group __percpu *)memory->percpu, cpu);
}

/*
 * Is a write section open? raw_read_seqcount() would not do: for KCSAN it begins
 * a reader's section, whose next thousand accesses are taken for atomic ones
 * until a read_seqcount_retry() ends it.
 */
static inline bool pscope_is_odd(const seqcount_t *seq)
{
	return READ_ONCE(seq->sequence) & 1;
}

/*
 * Writers that break the rules can leave a sequence odd for ever. It is made
 * even by going on, never by starting anew: a reader that began before would
 * meet the number that it knows again, and take a mixture for whole. Only while
 * there is no writer.
 */
static inline void pscope_make_even(seqcount_t *seq)
{
	if (!pscope_is_odd(seq))
		return;
	/* Whatever the section wrote is there before it is closed. */
	smp_wmb();
	WRITE_ONCE(seq->sequence, seq->sequence + 1);
}

/*
 * By the reader of drivers, which spins while a section is open, and so for as long as its
 * writer is kept from going on. Mostly it is not begun in an open one, and what is read
 * then is handed out by who gives up.
 */
static inline bool pscope_begin_reading(const struct u64_stats_sync *syncp,
					unsigned int *start)
{
#if BITS_PER_LONG == 32
	if (pscope_is_odd(&syncp->seq))
		return false;
#endif
	*start = u64_stats_fetch_begin(syncp);
	return true;
}

#endif /* PSCOPE_GROUP_H */
