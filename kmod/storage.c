// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of storages: placing, reading and zeroing. Updating is for *_idioms.c.
 */
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/percpu_counter.h>
#include <asm/local64.h>

#include "counter.h"
#include "storage.h"

static const struct percpu_scope_field value_fields[] = {
	{ "value", 1 },
};

/*
 * The first field's weight is 1: the verifying reader takes the number of
 * updates from it.
 */
static const struct percpu_scope_field group_fields[] = {
	{ "rx_packets", 1 },
	{ "rx_bytes", PSCOPE_RX_PACKET_BYTES },
	{ "tx_packets", 1 },
	{ "tx_bytes", PSCOPE_TX_PACKET_BYTES },
};

static void *percpu_copy_address(const struct pscope_counter *counter,
				 unsigned int cpu)
{
	return per_cpu_ptr(counter->percpu, cpu);
}

static bool u64_read_copy(const struct pscope_counter *counter,
			  unsigned int cpu, u64 *values)
{
	u64 __percpu *p = counter->percpu;

	/* On 32-bit this is two loads, and may tear: a bare u64 promises no more. */
	values[0] = READ_ONCE(*per_cpu_ptr(p, cpu));
	return true;
}

static void u64_zero(const struct pscope_counter *counter)
{
	u64 __percpu *p = counter->percpu;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(*per_cpu_ptr(p, cpu), 0);
}

static bool local64_read_copy(const struct pscope_counter *counter,
			      unsigned int cpu, u64 *values)
{
	local64_t __percpu *p = counter->percpu;

	values[0] = local64_read(per_cpu_ptr(p, cpu));
	return true;
}

static void local64_zero(const struct pscope_counter *counter)
{
	local64_t __percpu *p = counter->percpu;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		local64_set(per_cpu_ptr(p, cpu), 0);
}

/*
 * Is a write section open? raw_read_seqcount() would not do: for KCSAN it begins
 * a reader's section, whose next thousand accesses are taken for atomic ones
 * until a read_seqcount_retry() ends it.
 */
static bool is_odd(const seqcount_t *seq)
{
	return READ_ONCE(seq->sequence) & 1;
}

/*
 * Writers that break the rules can leave a sequence odd for ever. It is made
 * even by going on, never by starting anew: a reader that began before would
 * meet the number that it knows again, and take a mixture for whole. Only while
 * there is no writer.
 */
static void make_even(seqcount_t *seq)
{
	if (!is_odd(seq))
		return;
	/* Whatever the section wrote is there before it is closed. */
	smp_wmb();
	WRITE_ONCE(seq->sequence, seq->sequence + 1);
}

static struct pscope_stats_group *stats_copy(const struct pscope_counter *counter,
					     unsigned int cpu)
{
	return per_cpu_ptr((struct pscope_stats_group __percpu *)counter->percpu, cpu);
}

#if BITS_PER_LONG == 32
static void stats_set_rule(const struct pscope_counter *counter, unsigned int cpu,
			   bool interrupts_out)
{
	static struct lock_class_key in_tasks, without_interrupts;

	if (interrupts_out)
		lockdep_init_map(&stats_copy(counter, cpu)->syncp.seq.dep_map,
				 "stats_without_interrupts", &without_interrupts, 0);
	else
		lockdep_init_map(&stats_copy(counter, cpu)->syncp.seq.dep_map,
				 "stats_in_tasks", &in_tasks, 0);
}
#else
static void stats_set_rule(const struct pscope_counter *counter, unsigned int cpu,
			   bool interrupts_out)
{
}
#endif

static void stats_init(const struct pscope_counter *counter)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		u64_stats_init(&stats_copy(counter, cpu)->syncp);
		stats_set_rule(counter, cpu, false);
	}
}

/*
 * u64_stats_fetch_begin() spins while the sequence is odd. A writer that
 * breaks the rules can leave it odd for ever, and a reader must be able to
 * give up, so a 32-bit kernel's seqcount is read without waiting: beginning at
 * an odd one fails in the end, and reads in between all the same, since who
 * gives up hands these values out.
 */
static bool stats_read_copy(const struct pscope_counter *counter,
			    unsigned int cpu, u64 *values)
{
	const struct pscope_stats_group *group = stats_copy(counter, cpu);
#if BITS_PER_LONG == 32
	unsigned int start = raw_seqcount_begin(&group->syncp.seq);
#endif
	values[0] = u64_stats_read(&group->rx_packets);
	values[1] = u64_stats_read(&group->rx_bytes);
	values[2] = u64_stats_read(&group->tx_packets);
	values[3] = u64_stats_read(&group->tx_bytes);
#if BITS_PER_LONG == 32
	return !read_seqcount_retry(&group->syncp.seq, start);
#else
	return true;
#endif
}

static void stats_zero(const struct pscope_counter *counter)
{
	struct pscope_stats_group *group;
	unsigned long flags;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		group = stats_copy(counter, cpu);
#if BITS_PER_LONG == 32
		make_even(&group->syncp.seq);
#endif
		local_irq_save(flags);
		u64_stats_update_begin(&group->syncp);
		u64_stats_set(&group->rx_packets, 0);
		u64_stats_set(&group->rx_bytes, 0);
		u64_stats_set(&group->tx_packets, 0);
		u64_stats_set(&group->tx_bytes, 0);
		u64_stats_update_end(&group->syncp);
		local_irq_restore(flags);
	}
}

#if BITS_PER_LONG == 32
static bool stats_section_open(const struct pscope_counter *counter)
{
	return is_odd(&stats_copy(counter, smp_processor_id())->syncp.seq);
}
#else
#define stats_section_open	NULL
#endif

static struct pscope_seqcount_group *seqcount_copy(const struct pscope_counter *counter,
						   unsigned int cpu)
{
	return per_cpu_ptr((struct pscope_seqcount_group __percpu *)counter->percpu, cpu);
}

static void seqcount_set_rule(const struct pscope_counter *counter, unsigned int cpu,
			      bool interrupts_out)
{
	static struct lock_class_key in_tasks, without_interrupts;

	if (interrupts_out)
		lockdep_init_map(&seqcount_copy(counter, cpu)->seq.dep_map,
				 "seqcount_without_interrupts", &without_interrupts, 0);
	else
		lockdep_init_map(&seqcount_copy(counter, cpu)->seq.dep_map,
				 "seqcount_in_tasks", &in_tasks, 0);
}

static void seqcount_group_init(const struct pscope_counter *counter)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		seqcount_init(&seqcount_copy(counter, cpu)->seq);
		seqcount_set_rule(counter, cpu, false);
	}
}

static bool seqcount_read_copy(const struct pscope_counter *counter,
			       unsigned int cpu, u64 *values)
{
	const struct pscope_seqcount_group *group = seqcount_copy(counter, cpu);
	unsigned int start = raw_seqcount_begin(&group->seq);

	/* In an open section, too, as above. */
	values[0] = group->rx_packets;
	values[1] = group->rx_bytes;
	values[2] = group->tx_packets;
	values[3] = group->tx_bytes;
	return !read_seqcount_retry(&group->seq, start);
}

static bool seqcount_section_open(const struct pscope_counter *counter)
{
	return is_odd(&seqcount_copy(counter, smp_processor_id())->seq);
}

static void seqcount_zero(const struct pscope_counter *counter)
{
	struct pscope_seqcount_group *group;
	unsigned long flags;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		group = seqcount_copy(counter, cpu);
		make_even(&group->seq);
		local_irq_save(flags);
		write_seqcount_begin(&group->seq);
		group->rx_packets = 0;
		group->rx_bytes = 0;
		group->tx_packets = 0;
		group->tx_bytes = 0;
		write_seqcount_end(&group->seq);
		local_irq_restore(flags);
	}
}

static void atomic64_read_shared(const struct pscope_counter *counter, u64 *values)
{
	values[0] = atomic64_read((atomic64_t *)counter->memory);
}

static void atomic64_zero(const struct pscope_counter *counter)
{
	atomic64_set((atomic64_t *)counter->memory, 0);
}

static void locked_init(const struct pscope_counter *counter)
{
	struct pscope_locked_u64 *locked = counter->memory;

	spin_lock_init(&locked->lock);
}

static void locked_read_shared(const struct pscope_counter *counter, u64 *values)
{
	struct pscope_locked_u64 *locked = counter->memory;
	unsigned long flags;

	spin_lock_irqsave(&locked->lock, flags);
	values[0] = locked->value;
	spin_unlock_irqrestore(&locked->lock, flags);
}

static void locked_zero(const struct pscope_counter *counter)
{
	struct pscope_locked_u64 *locked = counter->memory;
	unsigned long flags;

	spin_lock_irqsave(&locked->lock, flags);
	locked->value = 0;
	spin_unlock_irqrestore(&locked->lock, flags);
}

static void *packed_copy_address(const struct pscope_counter *counter,
				 unsigned int cpu)
{
	return (u64 *)counter->memory + cpu;
}

static bool packed_read_copy(const struct pscope_counter *counter,
			     unsigned int cpu, u64 *values)
{
	u64 *slot = packed_copy_address(counter, cpu);

	values[0] = READ_ONCE(*slot);
	return true;
}

/* One by one: a reader at work must not see half of a memset(). */
static void packed_zero(const struct pscope_counter *counter)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(*(u64 *)packed_copy_address(counter, cpu), 0);
}

static void *padded_copy_address(const struct pscope_counter *counter,
				 unsigned int cpu)
{
	return (struct pscope_padded_u64 *)counter->memory + cpu;
}

static bool padded_read_copy(const struct pscope_counter *counter,
			     unsigned int cpu, u64 *values)
{
	struct pscope_padded_u64 *slot = padded_copy_address(counter, cpu);

	values[0] = READ_ONCE(slot->value);
	return true;
}

static void padded_zero(const struct pscope_counter *counter)
{
	struct pscope_padded_u64 *slot;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		slot = padded_copy_address(counter, cpu);
		WRITE_ONCE(slot->value, 0);
	}
}

#ifdef CONFIG_SMP
static void *percpu_counter_copy_address(const struct pscope_counter *counter,
					 unsigned int cpu)
{
	struct percpu_counter *fbc = counter->memory;

	return per_cpu_ptr(fbc->counters, cpu);
}

static bool percpu_counter_read_copy(const struct pscope_counter *counter,
				     unsigned int cpu, u64 *values)
{
	s32 *part = percpu_counter_copy_address(counter, cpu);

	values[0] = (s64)READ_ONCE(*part);
	return true;
}

/*
 * As percpu_counter_sum() does, but over all possible CPUs: what a CPU folds
 * into the count meanwhile would be missing from both, or be in both.
 */
static void percpu_counter_read_all(const struct pscope_counter *counter, u64 *values)
{
	struct percpu_counter *fbc = counter->memory;
	unsigned long flags;
	unsigned int cpu;

	raw_spin_lock_irqsave(&fbc->lock, flags);
	*values++ = fbc->count;
	for_each_possible_cpu(cpu)
		percpu_counter_read_copy(counter, cpu, values++);
	raw_spin_unlock_irqrestore(&fbc->lock, flags);
}

#define percpu_counter_read_shared	NULL
#else
#define percpu_counter_copy_address	NULL
#define percpu_counter_read_copy	NULL
#define percpu_counter_read_all		NULL

static void percpu_counter_read_shared(const struct pscope_counter *counter,
				       u64 *values)
{
	values[0] = percpu_counter_sum(counter->memory);
}
#endif

static void percpu_counter_zero(const struct pscope_counter *counter)
{
	percpu_counter_set(counter->memory, 0);
}

const struct pscope_storage pscope_storages[PERCPU_SCOPE_STORAGE_COUNT] = {
	[PERCPU_SCOPE_STORAGE_U64] = {
		.name = "u64",
		.fields = value_fields,
		.field_count = ARRAY_SIZE(value_fields),
		.percpu = true,
		.unskewed = true,
		.size = sizeof(u64),
		.align = __alignof__(u64),
		.read_copy = u64_read_copy,
		.zero = u64_zero,
		.copy_address = percpu_copy_address,
	},
	[PERCPU_SCOPE_STORAGE_LOCAL64] = {
		.name = "local64",
		.fields = value_fields,
		.field_count = ARRAY_SIZE(value_fields),
		.percpu = true,
		.unskewed = true,
		.size = sizeof(local64_t),
		.align = __alignof__(local64_t),
		.read_copy = local64_read_copy,
		.zero = local64_zero,
		.copy_address = percpu_copy_address,
	},
	[PERCPU_SCOPE_STORAGE_U64_STATS] = {
		.name = "u64_stats",
		.fields = group_fields,
		.field_count = ARRAY_SIZE(group_fields),
		.percpu = true,
		/* The syncp is empty on 64-bit: include/linux/u64_stats_sync.h */
		.unskewed = BITS_PER_LONG == 32,
		.size = sizeof(struct pscope_stats_group),
		.align = __alignof__(struct pscope_stats_group),
		.init = stats_init,
		.read_copy = stats_read_copy,
		.section_open = stats_section_open,
		.set_rule = stats_set_rule,
		.zero = stats_zero,
		.copy_address = percpu_copy_address,
	},
	[PERCPU_SCOPE_STORAGE_SEQCOUNT] = {
		.name = "seqcount",
		.fields = group_fields,
		.field_count = ARRAY_SIZE(group_fields),
		.percpu = true,
		.unskewed = true,
		.size = sizeof(struct pscope_seqcount_group),
		.align = __alignof__(struct pscope_seqcount_group),
		.init = seqcount_group_init,
		.read_copy = seqcount_read_copy,
		.section_open = seqcount_section_open,
		.set_rule = seqcount_set_rule,
		.zero = seqcount_zero,
		.copy_address = percpu_copy_address,
	},
	[PERCPU_SCOPE_STORAGE_ATOMIC64] = {
		.name = "atomic64",
		.fields = value_fields,
		.field_count = ARRAY_SIZE(value_fields),
		.unskewed = true,
		.size = sizeof(atomic64_t),
		.align = __alignof__(atomic64_t),
		.read_shared = atomic64_read_shared,
		.zero = atomic64_zero,
	},
	[PERCPU_SCOPE_STORAGE_SPINLOCK] = {
		.name = "spinlock",
		.fields = value_fields,
		.field_count = ARRAY_SIZE(value_fields),
		.unskewed = true,
		.size = sizeof(struct pscope_locked_u64),
		.align = __alignof__(struct pscope_locked_u64),
		.init = locked_init,
		.read_shared = locked_read_shared,
		.zero = locked_zero,
	},
	[PERCPU_SCOPE_STORAGE_ARRAY_PACKED] = {
		.name = "array_packed",
		.fields = value_fields,
		.field_count = ARRAY_SIZE(value_fields),
		.unskewed = true,
		.size = sizeof(u64) * NR_CPUS,
		.align = __alignof__(u64),
		.read_copy = packed_read_copy,
		.zero = packed_zero,
		.copy_address = packed_copy_address,
	},
	[PERCPU_SCOPE_STORAGE_ARRAY_PADDED] = {
		.name = "array_padded",
		.fields = value_fields,
		.field_count = ARRAY_SIZE(value_fields),
		.unskewed = true,
		.size = sizeof(struct pscope_padded_u64) * NR_CPUS,
		.align = __alignof__(struct pscope_padded_u64),
		.read_copy = padded_read_copy,
		.zero = padded_zero,
		.copy_address = padded_copy_address,
	},
	[PERCPU_SCOPE_STORAGE_PERCPU_COUNTER] = {
		.name = "percpu_counter",
		.fields = value_fields,
		.field_count = ARRAY_SIZE(value_fields),
		.unskewed = true,
		.size = sizeof(struct percpu_counter),
		.align = __alignof__(struct percpu_counter),
		.read_copy = percpu_counter_read_copy,
		.read_shared = percpu_counter_read_shared,
		.read_all = percpu_counter_read_all,
		.zero = percpu_counter_zero,
		.copy_address = percpu_counter_copy_address,
	},
};

u32 pscope_storage_id(const struct pscope_storage *storage)
{
	return storage - pscope_storages;
}
