// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs files with a row for each CPU: where its per-CPU memory lies, and where a
 * counter's copy in it. Raw addresses are for those who may see them.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "../kinds/kind.h"
#include "../placement.h"
#include "../registry.h"
#include "cpus.h"

/*
 * Row n is the first possible CPU from n - 1 on. What is handed on is n + 1: 0 and 1
 * have a meaning.
 */
static void *cpu_at(loff_t *pos)
{
	unsigned int cpu = cpumask_next((int)*pos - 2, cpu_possible_mask);

	if (cpu >= nr_cpu_ids)
		return NULL;
	*pos = cpu + 1;
	return (void *)(cpu + 2UL);
}

static unsigned int cpu_of(const void *row)
{
	return (unsigned long)row - 2;
}

static void *cpus_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? cpu_at(pos) : SEQ_START_TOKEN;
}

static void *cpus_next(struct seq_file *m, void *row, loff_t *pos)
{
	++*pos;
	return cpu_at(pos);
}

static void cpus_stop(struct seq_file *m, void *row)
{
}

static int offsets_show(struct seq_file *m, void *row)
{
	struct percpu_scope_cpu delta, raw;

	if (row == SEQ_START_TOKEN) {
		seq_printf(m, "%-5s %4s %6s %18s %18s\n", "cpu", "node", "online", "delta", "raw");
		return 0;
	}
	pscope_describe_cpu(cpu_of(row), false, &delta);
	seq_printf(m, "%-5u %4d %6s 0x%016llx", delta.cpu, delta.node,
		   delta.flags & PERCPU_SCOPE_CPU_ONLINE ? "yes" : "no", delta.offset);
	if (pscope_raw_allowed(m->file)) {
		pscope_describe_cpu(cpu_of(row), true, &raw);
		seq_printf(m, " 0x%016llx\n", raw.offset);
	} else {
		seq_printf(m, " %18s\n", "-");
	}
	return 0;
}

static const struct seq_operations offsets_sops = {
	.start = cpus_start,
	.next = cpus_next,
	.stop = cpus_stop,
	.show = offsets_show,
};
DEFINE_SEQ_ATTRIBUTE(offsets);

static void *copies_start(struct seq_file *m, loff_t *pos)
{
	const struct pscope_counter *counter = m->private;

	/* A header without rows. */
	if (*pos && !counter->kind->copy_address)
		return NULL;
	return cpus_start(m, pos);
}

static void *copies_next(struct seq_file *m, void *row, loff_t *pos)
{
	++*pos;
	return copies_start(m, pos);
}

static int counter_copies_show(struct seq_file *m, void *row)
{
	const struct pscope_counter *counter = m->private;
	struct percpu_scope_copy delta, raw;

	if (row == SEQ_START_TOKEN) {
		seq_printf(m, "%-5s %4s %18s %18s\n", "cpu", "node", "delta", "raw");
		return 0;
	}
	pscope_describe_copy(counter, cpu_of(row), false, &delta);
	seq_printf(m, "%-5u %4d 0x%016llx", delta.cpu, delta.node, delta.address);
	if (pscope_raw_allowed(m->file)) {
		pscope_describe_copy(counter, cpu_of(row), true, &raw);
		seq_printf(m, " 0x%016llx\n", raw.address);
	} else {
		seq_printf(m, " %18s\n", "-");
	}
	return 0;
}

static const struct seq_operations counter_copies_sops = {
	.start = copies_start,
	.next = copies_next,
	.stop = cpus_stop,
	.show = counter_copies_show,
};
DEFINE_SEQ_ATTRIBUTE(counter_copies);

const struct file_operations * const pscope_offsets_file = &offsets_fops;
const struct file_operations * const pscope_counter_copies_file = &counter_copies_fops;
