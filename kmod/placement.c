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
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <linux/user_namespace.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "counter.h"
#include "placement.h"
#include "storage.h"

/*
 * kptr_restrict is not exported, but %pK obeys it: it prints zeros for those
 * who may not see the pointer, and never for others (hashed if at 0).
 */
static bool kptr_restrict_hides(void)
{
	char text[2 * sizeof(void *) + 8];

	snprintf(text, sizeof(text), "%pK", pscope_storages);
	return strspn(text, "0") == strlen(text);
}

bool pscope_raw_allowed(const struct file *file)
{
	return file_ns_capable(file, &init_user_ns, CAP_SYSLOG) &&
	       !kptr_restrict_hides();
}

/* The areas of two CPUs in one chunk are at least a unit apart. */
static bool is_within_unit(unsigned long distance)
{
	unsigned int first = cpumask_first(cpu_possible_mask);
	unsigned int next = cpumask_next(first, cpu_possible_mask);
	unsigned long unit = PCPU_MIN_UNIT_SIZE;

	if (next < nr_cpu_ids)
		unit = abs((long)(per_cpu_offset(next) - per_cpu_offset(first)));
	return (unsigned long)abs((long)distance) < unit;
}

u64 pscope_percpu_pointer(const struct pscope_counter *counter, bool raw)
{
	unsigned long pointer;

	if (!counter->storage->percpu)
		return 0;
	pointer = (__force unsigned long)counter->percpu;
	if (raw)
		return pointer;
	/*
	 * Another chunk than the static counters' lies where the kernel has
	 * randomised it, apart from them: that distance is an address.
	 */
	pointer -= pscope_static_base();
	return is_within_unit(pointer) ? pointer : 0;
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
	const struct pscope_storage *storage = counter->storage;
	void *address = storage->copy_address(counter, cpu);
	unsigned long shown = (unsigned long)address;

	if (!raw)
		shown -= (unsigned long)storage->copy_address(counter,
				cpumask_first(cpu_possible_mask));
	memset(description, 0, sizeof(*description));
	description->cpu = cpu;
	description->node = page_to_nid(address_to_page(counter, address));
	description->address = shown;
}
