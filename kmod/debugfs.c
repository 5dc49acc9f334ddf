// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: one header line, aligned columns, one row per thing, for people and
 * awk. Every number comes from the room that owns it; nothing is changed here.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/utsname.h>

#include "debugfs.h"
#include "kinds/kinds.h"
#include "names.h"
#include "placement.h"
#include "read.h"
#include "registry.h"
#include "variants.h"

static struct dentry *root;
static struct dentry *counter_root;

static int info_show(struct seq_file *m, void *unused)
{
	struct pscope_quota quota = pscope_registry_quota();

	seq_printf(m, "%-20s %s\n", "name", "value");
	seq_printf(m, "%-20s %u\n", "abi_version", PERCPU_SCOPE_ABI_VERSION);
	seq_printf(m, "%-20s %s\n", "kernel", utsname()->release);
	seq_printf(m, "%-20s %u\n", "bits_per_long", BITS_PER_LONG);
	seq_printf(m, "%-20s %u\n", "possible_cpus", num_possible_cpus());
	seq_printf(m, "%-20s %u\n", "online_cpus", num_online_cpus());
	seq_printf(m, "%-20s %u\n", "counters", pscope_counter_count());
	seq_printf(m, "%-20s %u\n", "dynamic_counters", quota.counters);
	seq_printf(m, "%-20s %u\n", "dynamic_counters_max", quota.counters_max);
	seq_printf(m, "%-20s %llu\n", "dynamic_bytes", quota.bytes);
	seq_printf(m, "%-20s %llu\n", "dynamic_bytes_max", quota.bytes_max);
	seq_printf(m, "%-20s %u\n", "idioms", pscope_idiom_count());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(info);

/*
 * A file with a row for each counter, or for each CPU, is shown row by row: however
 * many there are, no more than one is read at a time, in a buffer of its size. Row
 * 0 is the header.
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
		seq_printf(m, "%-31s %-15s %-7s %-29s %-18s %8s %6s %20s\n", "name", "field",
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
	sum = values + pscope_record_values(counter) - kind->field_count;
	for (i = 0; i < kind->field_count; i++)
		seq_printf(m, "%-31s %-15s %-7s %-29s %-18s %8zu %6zu %20llu\n",
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
	size_t count = pscope_record_values(counter);
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

static void show_contexts(struct seq_file *m, u32 contexts)
{
	char text[PSCOPE_CONTEXTS_TEXT];

	pscope_write_contexts(contexts, text);
	seq_printf(m, " %-24s", text);
}

static int idioms_show(struct seq_file *m, void *unused)
{
	const struct pscope_idiom *idiom;
	u32 id;

	seq_printf(m, "%-31s %-18s %-24s %-24s %-7s %-7s %s\n", "name", "storage",
		   "conserved", "runnable", "pattern", "control", "call");
	for (id = 0; (idiom = pscope_idiom_get(id)); id++) {
		seq_printf(m, "%-31s %-18s", idiom->name,
			   idiom->kind->name);
		show_contexts(m, idiom->conserved);
		show_contexts(m, idiom->runnable);
		seq_printf(m, " %-7s %-7s %s\n",
			   idiom->flags & PERCPU_SCOPE_IDIOM_PATTERN ? "yes" : "no",
			   idiom->flags & PERCPU_SCOPE_IDIOM_CONTROL ? "yes" : "no",
			   idiom->call);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(idioms);

static int counter_values_show(struct seq_file *m, void *unused)
{
	show_values_header(m);
	return show_counter_values(m, m->private);
}
DEFINE_SHOW_ATTRIBUTE(counter_values);

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

static void counter_added(struct pscope_counter *counter)
{
	struct dentry *dir = debugfs_create_dir(counter->name, counter_root);

	debugfs_create_file("values", 0444, dir, counter, &counter_values_fops);
	debugfs_create_file("copies", 0444, dir, counter, &counter_copies_fops);
	counter->shown = dir;
}

/* Waits for those who read the counter's files, which therefore wait for no registry. */
static void counter_removed(struct pscope_counter *counter)
{
	debugfs_remove(counter->shown);
	counter->shown = NULL;
}

static const struct pscope_observer observer = {
	.added = counter_added,
	.removed = counter_removed,
};

void pscope_debugfs_init(void)
{
	root = debugfs_create_dir("percpu_scope", NULL);
	counter_root = debugfs_create_dir("counter", root);
	debugfs_create_file("info", 0444, root, NULL, &info_fops);
	debugfs_create_file("counters", 0444, root, NULL, &counters_fops);
	debugfs_create_file("values", 0444, root, NULL, &values_fops);
	debugfs_create_file("offsets", 0444, root, NULL, &offsets_fops);
	debugfs_create_file("idioms", 0444, root, NULL, &idioms_fops);
	pscope_registry_observe(&observer);
}

void pscope_debugfs_exit(void)
{
	pscope_registry_observe(NULL);
	debugfs_remove(root);
}
