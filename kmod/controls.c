// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controls: idioms broken on purpose, each of which must be caught. One
 * noinline function each, so that the build can look at its instructions, with
 * no switch inside the window. Nothing correct belongs here.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>

#include "counter.h"
#include "idiom.h"
#include "storage.h"

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

static noinline void control_no_syncp(struct pscope_counter *counter, unsigned long times)
{
	struct pscope_stats_group __percpu *p = counter->percpu;

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

const struct pscope_idiom pscope_controls[] = {
	{
		.name = "control_no_syncp",
		.call = "u64_stats_set() without u64_stats_update_begin()",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_PATTERN |
			 (BITS_PER_LONG == 64 ? PERCPU_SCOPE_IDIOM_UNTORN : 0),
		.storages = PSCOPE_STORES(U64_STATS),
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = control_no_syncp,
	},
};

const unsigned int pscope_control_count = ARRAY_SIZE(pscope_controls);
