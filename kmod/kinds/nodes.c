// SPDX-License-Identifier: GPL-2.0-only
/* An atomic64_t for each NUMA node: CPUs of a node share a cache line, others do not. */
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/nodemask.h>
#include <linux/topology.h>

#include "all.h"

static struct {
	atomic64_t count;
} ____cacheline_aligned nodes[MAX_NUMNODES];

static void update_nodes(const struct pscope_memory *memory, unsigned long times)
{
	while (times--)
		/* Whether the task is still there does not matter to the sum. */
		atomic64_inc(&nodes[cpu_to_node(raw_smp_processor_id())].count);
}

static const struct pscope_idiom idioms[] = {
	{
		.name = "node_atomic64_inc",
		.call = "atomic64_inc(&nodes[numa_node_id()])",
		.flags = PERCPU_SCOPE_IDIOM_UNTORN,
		.kind = &pscope_kind_nodes,
		.conserved = PSCOPE_ATOMIC64,
		.runnable = PSCOPE_ATOMIC64,
		.update = update_nodes,
	},
};

static void nodes_read_shared(const struct pscope_memory *memory, u64 *values)
{
	unsigned int node;

	values[0] = 0;
	for (node = 0; node < ARRAY_SIZE(nodes); node++)
		values[0] += atomic64_read(&nodes[node].count);
}

static void nodes_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	unsigned int node;

	for (node = 0; node < ARRAY_SIZE(nodes); node++)
		atomic64_set(&nodes[node].count,
			     node ? 0 : pscope_value_after(updates, 1, pattern));
}

const struct pscope_kind pscope_kind_nodes = {
	.name = "node_atomic64",
	.fields = pscope_value_field,
	.field_count = 1,
	.size = sizeof(nodes),
	.align = SMP_CACHE_BYTES,
	.unskewed = true,
	.idioms = idioms,
	.idiom_count = ARRAY_SIZE(idioms),
	.read_shared = nodes_read_shared,
	.set = nodes_set,
};
