// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: one header line, aligned columns, one row per thing, for people and
 * awk. Every number comes from the room that owns it; nothing is changed here.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/utsname.h>

#include "../kinds/kinds.h"
#include "../names.h"
#include "../registry.h"
#include "counters.h"
#include "cpus.h"
#include "debugfs.h"

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

	seq_printf(m, "%-31s %-20s %-24s %-24s %-7s %-7s %s\n", "name", "storage",
		   "conserved", "runnable", "pattern", "control", "call");
	for (id = 0; (idiom = pscope_idiom_get(id)); id++) {
		seq_printf(m, "%-31s %-20s", idiom->name,
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

static void counter_added(struct pscope_counter *counter)
{
	struct dentry *dir = debugfs_create_dir(counter->name, counter_root);

	debugfs_create_file("values", 0444, dir, counter, pscope_counter_values_file);
	debugfs_create_file("copies", 0444, dir, counter, pscope_counter_copies_file);
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
	debugfs_create_file("counters", 0444, root, NULL, pscope_counters_file);
	debugfs_create_file("values", 0444, root, NULL, pscope_values_file);
	debugfs_create_file("offsets", 0444, root, NULL, pscope_offsets_file);
	debugfs_create_file("idioms", 0444, root, NULL, &idioms_fops);
	pscope_registry_observe(&observer);
}

void pscope_debugfs_exit(void)
{
	pscope_registry_observe(NULL);
	debugfs_remove(root);
}
