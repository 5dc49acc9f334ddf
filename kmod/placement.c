// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offsets, pointers, addresses and nodes; raw only for those who may see kernel
 * addresses, else as deltas, which show the layout as well.
 *
 * All arithmetic is on unsigned long and wraps: from 6.15 on, x86-64's
 * per_cpu_offset() has the kernel's own load address subtracted.
 */
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <linux/user_namespace.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "kinds/kinds.h"
#include "placement.h"

/*
 * %pK obeys kptr_restrict: it prints zeros for those who may not see the pointer,
 * and never for others (hashed if at 0). At 1 it asks who calls, and not who has
 * opened the file: then both need CAP_SYSLOG.
 */
static bool kptr_restrict_hides(void)
{
	char text[2 * sizeof(void *) + 8];

	if (!PSCOPE_KPTR_RESTRICT_SHOWS)
		return true;
	snprintf(text, sizeof(text), "%pK", &pscope_kind_u64);
	return strspn(text, "0") == strlen(text);
}

bool pscope_raw_allowed(const struct file *file)
{
	return file_ns_capable(file, &init_user_ns, CAP_SYSLOG) &&
	       !kptr_restrict_hides();
}

/*
 * How far apart the areas of two CPUs are at least: in a chunk that is a unit. The
 * CPUs of a node lie behind one another, and those of another may lie anywhere,
 * whatever their numbers.
 */
static unsigned long unit_size = PCPU_MIN_UNIT_SIZE;

static int compare_offsets(const void *left, const void *right)
{
	const unsigned long a = *(const unsigned long *)left;
	const unsigned long b = *(const unsigned long *)right;

	return a < b ? -1 : a > b;
}

/* The lowest __percpu pointer of the static counters: what distances are shown from. */
static unsigned long static_base;

int pscope_placement_init(unsigned long base)
{
	unsigned int count = 0;
	unsigned long *offsets;
	unsigned long least = ULONG_MAX;
	unsigned int cpu, i;

	offsets = kvmalloc_array(num_possible_cpus(), sizeof(*offsets), GFP_KERNEL);
	if (!offsets)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		offsets[count++] = per_cpu_offset(cpu);
	sort(offsets, count, sizeof(*offsets), compare_offsets, NULL);
	for (i = 1; i < count; i++)
		least = min(least, offsets[i] - offsets[i - 1]);
	if (count > 1)
		unit_size = least;
	kvfree(offsets);
	static_base = base;
	return 0;
}

u64 pscope_percpu_pointer(const struct pscope_counter *counter, bool raw, u32 *flags)
{
	unsigned long pointer;

	*flags = 0;
	if (!counter->kind->percpu)
		return 0;
	*flags |= PERCPU_SCOPE_COUNTER_PERCPU;
	pointer = (__force unsigned long)counter->memory.percpu;
	if (raw)
		return pointer;
	/*
	 * Another chunk than the static counters' lies where the kernel has
	 * randomised it, apart from them: that distance is an address.
	 */
	pointer -= static_base;
	if ((unsigned long)abs((long)pointer) < unit_size)
		return pointer;
	*flags |= PERCPU_SCOPE_COUNTER_APART;
	return 0;
}

void pscope_describe_cpu(unsigned int cpu, bool raw,
			 struct percpu_scope_cpu *description)
{
	unsigned long offset = per_cpu_offset(cpu);

	if (!raw)
		offset -= per_cpu_offset(cpumask_first(cpu_possible_mask));
	memset(description, 0, sizeof(*description));
	description->cpu = cpu;
	description->node = cpu_to_node(cpu);
	if (cpu_online(cpu))
		description->flags |= PERCPU_SCOPE_CPU_ONLINE;
	description->offset = offset;
}

static struct page *address_to_page(const struct pscope_counter *counter,
				    void *address)
{
	if (counter->copies_in_module) {
#ifdef MODULE
		/* A module's own data is mapped page by page, but not by vmalloc(). */
		return vmalloc_to_page(address);
#else
		/* The kernel's image may have a mapping of its own, as on arm64. */
		return virt_to_page(lm_alias(address));
#endif
	}
	return is_vmalloc_addr(address) ? vmalloc_to_page(address) : virt_to_page(address);
}

void pscope_describe_copy(const struct pscope_counter *counter, unsigned int cpu,
			  bool raw, struct percpu_scope_copy *description)
{
	const struct pscope_kind *kind = counter->kind;
	void *address = kind->copy_address(&counter->memory, cpu);
	unsigned long shown = (unsigned long)address;

	if (!raw)
		shown -= (unsigned long)kind->copy_address(&counter->memory,
				cpumask_first(cpu_possible_mask));
	memset(description, 0, sizeof(*description));
	description->cpu = cpu;
	description->node = page_to_nid(address_to_page(counter, address));
	description->address = shown;
}
