// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controls of groups: idioms broken on purpose, each of which must be caught. One
 * noinline function each, so that the build can look at its instructions, with
 * no switch inside the window. Nothing correct belongs here.
 */
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "../all.h"
#include "../groups/group.h"
#include "window.h"

/*
 * A store that a 32-bit kernel makes in two halves. The compiler would make
 * the same two for u64_stats_set(); spelled out, it cannot make one of them.
 */
static __always_inline void store_halves(u64_stats_t *field, u32 weight)
{
	u64 next = pscope_pattern_next(u64_stats_read(field), weight);

#if BITS_PER_LONG == 32
	u32 *halves = (u32 *)field;

	WRITE_ONCE(halves[0], (u32)next);
	WRITE_ONCE(halves[1], (u32)(next >> 32));
#else
	u64_stats_set(field, next);
#endif
}

static noinline void control_no_syncp(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_stats_group __percpu *p = memory->percpu;

	while (times--) {
		struct pscope_stats_group *group = get_cpu_ptr(p);

		/* Here u64_stats_update_begin() is missing. */
		store_halves(&group->rx_packets, 1);
		store_halves(&group->rx_bytes, PSCOPE_RX_PACKET_BYTES);
		store_halves(&group->tx_packets, 1);
		store_halves(&group->tx_bytes, PSCOPE_TX_PACKET_BYTES);
		put_cpu_ptr(p);
	}
}

static noinline void control_no_irqsave(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_stats_group __percpu *p = memory->percpu;

	while (times--) {
		struct pscope_stats_group *group = get_cpu_ptr(p);

		/* Without _irqsave an interrupt's reader would spin on this section. */
		u64_stats_update_begin(&group->syncp);
		pscope_window();
		u64_stats_inc(&group->rx_packets);
		u64_stats_add(&group->rx_bytes, PSCOPE_RX_PACKET_BYTES);
		u64_stats_inc(&group->tx_packets);
		u64_stats_add(&group->tx_bytes, PSCOPE_TX_PACKET_BYTES);
		u64_stats_update_end(&group->syncp);
		put_cpu_ptr(p);
	}
}

static noinline void control_shared_syncp(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_stats_group *group =
		per_cpu_ptr((struct pscope_stats_group __percpu *)memory->percpu,
			    cpumask_first(cpu_possible_mask));

	while (times--) {
		preempt_disable();
		/* All CPUs here, and nothing that keeps two out of one section. */
		u64_stats_update_begin(&group->syncp);
		store_halves(&group->rx_packets, 1);
		store_halves(&group->rx_bytes, PSCOPE_RX_PACKET_BYTES);
		store_halves(&group->tx_packets, 1);
		store_halves(&group->tx_bytes, PSCOPE_TX_PACKET_BYTES);
		u64_stats_update_end(&group->syncp);
		preempt_enable();
	}
}

static noinline void control_add_above_32_bits(const struct pscope_memory *memory,
					       unsigned long times)
{
	struct pscope_stats_group __percpu *p = memory->percpu;
	/* In memory: x86-64 has no addq of a constant that wide. */
	u64 both_halves = (1ULL << 32) + 1;

	OPTIMIZER_HIDE_VAR(both_halves);
	while (times--) {
		struct pscope_stats_group *group = get_cpu_ptr(p);

		u64_stats_update_begin(&group->syncp);
		/* The amount is an unsigned long: 32 bits lose the upper half. */
		u64_stats_add(&group->rx_packets, both_halves);
		u64_stats_add(&group->rx_bytes, both_halves * PSCOPE_RX_PACKET_BYTES);
		u64_stats_add(&group->tx_packets, both_halves);
		u64_stats_add(&group->tx_bytes, both_halves * PSCOPE_TX_PACKET_BYTES);
		u64_stats_update_end(&group->syncp);
		put_cpu_ptr(p);
	}
}

/* As a driver that clears its statistics and goes on: readers are told nothing. */
static __always_inline void clear_under_readers(struct pscope_stats_group *group)
{
	/* What memset() does, in stores that KCSAN knows for what they are. */
	u64_stats_set(&group->rx_packets, 0);
	u64_stats_set(&group->rx_bytes, 0);
	u64_stats_set(&group->tx_packets, 0);
	u64_stats_set(&group->tx_bytes, 0);
}

static noinline void control_clear(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_stats_group __percpu *p = memory->percpu;

	while (times--) {
		struct pscope_stats_group *group = get_cpu_ptr(p);
		u64 rx_packets = u64_stats_read(&group->rx_packets);
		u64 rx_bytes = u64_stats_read(&group->rx_bytes);
		u64 tx_packets = u64_stats_read(&group->tx_packets);
		u64 tx_bytes = u64_stats_read(&group->tx_bytes);

		clear_under_readers(group);
		pscope_window();
		u64_stats_update_begin(&group->syncp);
		u64_stats_set(&group->rx_packets, pscope_pattern_next(rx_packets, 1));
		u64_stats_set(&group->rx_bytes,
			      pscope_pattern_next(rx_bytes, PSCOPE_RX_PACKET_BYTES));
		u64_stats_set(&group->tx_packets, pscope_pattern_next(tx_packets, 1));
		u64_stats_set(&group->tx_bytes,
			      pscope_pattern_next(tx_bytes, PSCOPE_TX_PACKET_BYTES));
		u64_stats_update_end(&group->syncp);
		put_cpu_ptr(p);
	}
}

#define NOWHERE		0

const struct pscope_idiom pscope_group_controls[] = {
	{
		.name = "control_no_syncp",
		.call = "u64_stats_set() without u64_stats_update_begin()",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_PATTERN |
			 PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64_stats,
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = control_no_syncp,
	}, {
		.name = "control_no_irqsave",
		.call = "u64_stats_update_begin() where interrupts update, too",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_u64_stats,
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = control_no_irqsave,
	}, {
		.name = "control_shared_syncp",
		.call = "u64_stats_update_begin() of one copy on all CPUs",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_PATTERN |
			 PSCOPE_WORD_UNTORN,
		.kind = &pscope_kind_u64_stats,
		.conserved = NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_shared_syncp,
	}, {
		.name = "control_add_above_32_bits",
		.call = "u64_stats_add(p, 1ULL << 32)",
		/* No pattern: where nothing is cut off, the halves carry. */
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_BOTH_HALVES |
			 PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_u64_stats,
		.conserved = BITS_PER_LONG == 64 ? PSCOPE_TASK : NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_add_above_32_bits,
	}, {
		.name = "control_clear",
		.call = "memset(stats, 0) while others read",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_PATTERN,
		.kind = &pscope_kind_u64_stats,
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = control_clear,
	},
};

const unsigned int pscope_group_control_count = ARRAY_SIZE(pscope_group_controls);
