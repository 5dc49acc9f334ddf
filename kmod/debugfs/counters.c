// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs files with a row for each field of each counter: what counters there are, and
 * their values by CPU.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>

#include "../kinds/kinds.h"
#include "../names.h"
#include "../read.h"
#include "../registry.h"
#include "../variants.h"
#include "counters.h"

/*
 * Shown row by row: however many there are, no more than one is read at a time, in a
 * buffer of its size. Row 0 is the header.
 */
static void *counter_at(loff_t *pos)
{
	unsigned long id = *pos - 1;
	struct pscope_counter *counter = pscope_counter_next(&id);

	/* Where it was found: ids have gaps. */
	*pos = id + 1;
	return counter;
}

static void *counters_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? counter_at(pos) : SEQ_START_TOKEN;
}

static void counters_stop(struct seq_file *m, void *row)
{
	if (row && row != SEQ_START_TOKEN)
		pscope_counter_put(row);
}

static void *counters_next(struct seq_file *m, void *row, loff_t *pos)
{
	counters_stop(m, row);
	++*pos;
	return counter_at(pos);
}

/* Before each row: one that reads all CPUs of a counter takes its time. */
static int give_way(void)
{
	cond_resched_tasks_rcu_qs();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int counters_show(struct seq_file *m, void *row)
{
	struct pscope_counter *counter = row;
	const struct pscope_kind *kind;
	const u64 *sum;
	u64 *values;
	unsigned int i;
	int ret;

	if (row == SEQ_START_TOKEN) {
		seq_printf(m, "%-31s %-15s %-7s %-29s %-20s %8s %6s %20s\n", "name", "field",
			   "origin", "variant", "storage", "size", "align", "sum");
		return 0;
	}
	ret = give_way();
	if (ret)
		return ret;
	values = pscope_alloc_values();
	if (!values)
		return -ENOMEM;
	pscope_read_counter(counter, values);
	kind = counter->kind;
	sum = values + pscope_record_values(kind->field_count) - kind->field_count;
	for (i = 0; i < kind->field_count; i++)
		seq_printf(m, "%-31s %-15s %-7s %-29s %-20s %8zu %6zu %20llu\n",
			   counter->name, kind->fields[i].name,
			   pscope_origin_name(counter->origin),
			   pscope_variant_name(counter->variant),
			   kind->name, counter->bytes, counter->align, sum[i]);
	kvfree(values);
	return 0;
}

static const struct seq_operations counters_sops = {
	.start = counters_start,
	.next = counters_next,
	.stop = counters_stop,
	.show = counters_show,
};
DEFINE_SEQ_ATTRIBUTE(counters);

static void show_values_header(struct seq_file *m)
{
	unsigned int cpu;

	seq_printf(m, "%-31s %-15s %20s", "counter", "field", "shared");
	for_each_possible_cpu(cpu) {
		char name[16];

		snprintf(name, sizeof(name), "cpu%u", cpu);
		seq_printf(m, " %20s", name);
	}
	seq_printf(m, " %20s %7s\n", "sum", "starved");
}

static int show_counter_values(struct seq_file *m, const struct pscope_counter *counter)
{
	unsigned int fields = counter->kind->field_count;
	size_t count = pscope_record_values(fields);
	u64 *values = pscope_alloc_values();
	unsigned int field;
	u32 starved;
	size_t i;

	if (!values)
		return -ENOMEM;
	starved = pscope_read_counter(counter, values);
	for (field = 0; field < fields; field++) {
		seq_printf(m, "%-31s %-15s", counter->name,
			   counter->kind->fields[field].name);
		for (i = field; i < count; i += fields)
			seq_printf(m, " %20llu", values[i]);
		/* So many copies of the counter may not be whole. */
		seq_printf(m, " %7u\n", starved);
	}
	kvfree(values);
	return 0;
}

static int values_show(struct seq_file *m, void *row)
{
	int ret;

	if (row == SEQ_START_TOKEN) {
		show_values_header(m);
		return 0;
	}
	ret = give_way();
	return ret ? ret : show_counter_values(m, row);
}

static const struct seq_operations values_sops = {
	.start = counters_start,
	.next = counters_next,
	.stop = counters_stop,
	.show = values_show,
};
DEFINE_SEQ_ATTRIBUTE(values);

static int counter_values_show(struct seq_file *m, void *unused)
{
	show_values_header(m);
	return show_counter_values(m, m->private);
}
DEFINE_SHOW_ATTRIBUTE(counter_values);

const struct file_operations * const pscope_counters_file = &counters_fops;
const struct file_operations * const pscope_values_file = &values_fops;
const struct file_operations * const pscope_counter_values_file = &counter_values_fops;
