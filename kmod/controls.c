// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controls: idioms broken on purpose, each of which must be caught. One
 * noinline function each, so that the build can look at its instructions, with
 * no switch inside the window. Nothing correct belongs here.
 */
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "counter.h"
#include "idiom.h"
#include "inject.h"
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

static noinline void control_read_write(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;
	u64 *copy;
	u64 value;

	while (times--) {
		copy = get_cpu_ptr(p);
		value = READ_ONCE(*copy);
		/* An interrupt that counts here is overwritten. */
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
		put_cpu_ptr(p);
	}
}

static noinline void control_read_write_preemptible(struct pscope_counter *counter,
						    unsigned long times)
{
	u64 __percpu *p = counter->percpu;
	u64 *copy;
	u64 value;

	while (times--) {
		/* Another task can run, or we elsewhere, before the store. */
		copy = raw_cpu_ptr(p);
		value = READ_ONCE(*copy);
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
	}
}

static noinline void control_this_cpu_read_write(struct pscope_counter *counter,
						 unsigned long times)
{
	u64 __percpu *p = counter->percpu;
	u64 value;

	while (times--) {
		preempt_disable();
		value = this_cpu_read(*p);
		/* Each half is safe; both together are not one operation. */
		pscope_window();
		this_cpu_write(*p, value + 1);
		preempt_enable();
	}
}

static noinline void control_irqsave_read_write(struct pscope_counter *counter,
						unsigned long times)
{
	u64 __percpu *p = counter->percpu;
	unsigned long flags;
	u64 *copy;
	u64 value;

	while (times--) {
		local_irq_save(flags);
		copy = this_cpu_ptr(p);
		value = READ_ONCE(*copy);
		/* No interrupt comes here, but an NMI does. */
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
		local_irq_restore(flags);
	}
}

static noinline void control_no_irqsave(struct pscope_counter *counter, unsigned long times)
{
	struct pscope_stats_group __percpu *p = counter->percpu;

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

static noinline void control_shared_syncp(struct pscope_counter *counter, unsigned long times)
{
	struct pscope_stats_group *group =
		per_cpu_ptr((struct pscope_stats_group __percpu *)counter->percpu,
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

static noinline void control_remote_increment(struct pscope_counter *counter,
					      unsigned long times)
{
	u64 __percpu *p = counter->percpu;
	u64 *copy;
	u64 value;

	while (times--) {
		/* Owner of this copy and stranger to the other, by turns. */
		if (times & 1) {
			this_cpu_inc(*p);
			continue;
		}
		preempt_disable();
		copy = per_cpu_ptr(p, pscope_next_online(smp_processor_id()));
		value = READ_ONCE(*copy);
		/* The copy's owner does not wait. */
		pscope_window();
		WRITE_ONCE(*copy, value + 1);
		preempt_enable();
	}
}

static noinline void control_remote_fold(struct pscope_counter *counter, unsigned long times)
{
	u64 __percpu *p = counter->percpu;
	u64 *copy;
	u64 value;

	while (times--) {
		preempt_disable();
		copy = per_cpu_ptr(p, pscope_next_online(smp_processor_id()));
		value = READ_ONCE(*copy);
		pscope_window();
		/* What the owner has counted since goes with it. */
		WRITE_ONCE(*copy, 0);
		this_cpu_add(*p, value + 1);
		preempt_enable();
	}
}

static noinline void control_add_above_32_bits(struct pscope_counter *counter,
					       unsigned long times)
{
	struct pscope_stats_group __percpu *p = counter->percpu;
	const struct percpu_scope_field *fields = counter->storage->fields;
	/* In memory: x86-64 has no addq of a constant that wide. */
	u64 both_halves = (1ULL << 32) + 1;

	OPTIMIZER_HIDE_VAR(both_halves);
	while (times--) {
		struct pscope_stats_group *group = get_cpu_ptr(p);

		u64_stats_update_begin(&group->syncp);
		/* The amount is an unsigned long: 32 bits lose the upper half. */
		u64_stats_add(&group->rx_packets, both_halves);
		u64_stats_add(&group->rx_bytes, both_halves * fields[1].weight);
		u64_stats_add(&group->tx_packets, both_halves);
		u64_stats_add(&group->tx_bytes, both_halves * fields[3].weight);
		u64_stats_update_end(&group->syncp);
		put_cpu_ptr(p);
	}
}

#define NOWHERE		0

const struct pscope_idiom pscope_controls[] = {
	{
		.name = "control_no_syncp",
		.call = "u64_stats_set() without u64_stats_update_begin()",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_PATTERN |
			 PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64_STATS),
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = control_no_syncp,
	}, {
		.name = "control_read_write",
		.call = "preempt_disable(); v = *p; *p = v + 1",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = control_read_write,
	}, {
		.name = "control_read_write_preemptible",
		.call = "v = *p; *p = v + 1, preemption on",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_read_write_preemptible,
	}, {
		.name = "control_this_cpu_read_write",
		.call = "this_cpu_write(*p, this_cpu_read(*p) + 1)",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = control_this_cpu_read_write,
	}, {
		.name = "control_irqsave_read_write",
		.call = "local_irq_save(); v = *p; *p = v + 1",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = PSCOPE_MASKABLE,
		.runnable = PSCOPE_ANY,
		.update = control_irqsave_read_write,
	}, {
		.name = "control_no_irqsave",
		.call = "u64_stats_update_begin() where interrupts update, too",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(U64_STATS),
		.conserved = PSCOPE_TASK,
		.runnable = PSCOPE_ANY,
		.update = control_no_irqsave,
	}, {
		.name = "control_shared_syncp",
		.call = "u64_stats_update_begin() of one copy on all CPUs",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_PATTERN |
			 PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64_STATS),
		.conserved = NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_shared_syncp,
	}, {
		.name = "control_remote_increment",
		.call = "(*per_cpu_ptr(p, other))++",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_remote_increment,
	}, {
		.name = "control_remote_fold",
		.call = "v = *per_cpu_ptr(p, other); *per_cpu_ptr(p, other) = 0",
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PSCOPE_WORD_UNTORN,
		.storages = PSCOPE_STORES(U64),
		.conserved = NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_remote_fold,
	}, {
		.name = "control_add_above_32_bits",
		.call = "u64_stats_add(p, 1ULL << 32)",
		/* No pattern: where nothing is cut off, the halves carry. */
		.flags = PERCPU_SCOPE_IDIOM_CONTROL | PERCPU_SCOPE_IDIOM_BOTH_HALVES |
			 PERCPU_SCOPE_IDIOM_UNTORN,
		.storages = PSCOPE_STORES(U64_STATS),
		.conserved = BITS_PER_LONG == 64 ? PSCOPE_TASK : NOWHERE,
		.runnable = PSCOPE_ANY,
		.update = control_add_above_32_bits,
	},
};

const unsigned int pscope_control_count = ARRAY_SIZE(pscope_controls);
