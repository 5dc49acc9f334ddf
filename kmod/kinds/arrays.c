// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays with an element for each CPU, in place of a per-CPU variable: packed, so that
 * CPUs share cache lines, and padded to a line each.
 */
#include <linux/kernel.h>
#include <linux/smp.h>

#include "all.h"
#include "shared.h"

static void update_array_packed(const struct pscope_memory *memory, unsigned long times)
{
	u64 *array = memory->address;

	while (times--) {
		array[get_cpu()]++;
		put_cpu();
	}
}

static void update_array_padded(const struct pscope_memory *memory, unsigned long times)
{
	struct pscope_padded_u64 *array = memory->address;

	while (times--) {
		array[get_cpu()].value++;
		put_cpu();
	}
}

static const struct pscope_idiom packed_idioms[] = {
	{
		.name = "array_packed",
		.call = "array[get_cpu()]++; put_cpu()",
		.kind = &pscope_kind_array_packed,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_array_packed,
	},
};

static const struct pscope_idiom padded_idioms[] = {
	{
		.name = "array_padded",
		.call = "array[get_cpu()].value++; put_cpu()",
		.kind = &pscope_kind_array_padded,
		.conserved = PSCOPE_PLAIN_C,
		.runnable = PSCOPE_ANY,
		.update = update_array_padded,
	},
};

static void *packed_copy_address(const struct pscope_memory *memory, unsigned int cpu)
{
	return (u64 *)memory->address + cpu;
}

static bool packed_read_copy(const struct pscope_memory *memory, unsigned int cpu, u64 *values)
{
	u64 *slot = packed_copy_address(memory, cpu);

	values[0] = READ_ONCE(*slot);
	return true;
}

/* One by one: a reader at work must not see half of a memset(). */
static void packed_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(*(u64 *)packed_copy_address(memory, cpu),
			   pscope_value_after(updates, 1, pattern));
}

const struct pscope_kind pscope_kind_array_packed = {
	.name = "array_packed",
	.fields = pscope_value_field,
	.field_count = 1,
	.size = sizeof(u64) * NR_CPUS,
	.align = __alignof__(u64),
	.unskewed = true,
	.idioms = packed_idioms,
	.idiom_count = ARRAY_SIZE(packed_idioms),
	.read_copy = packed_read_copy,
	.copy_address = packed_copy_address,
	.set = packed_set,
};

static void *padded_copy_address(const struct pscope_memory *memory, unsigned int cpu)
{
	return (struct pscope_padded_u64 *)memory->address + cpu;
}

static bool padded_read_copy(const struct pscope_memory *memory, unsigned int cpu, u64 *values)
{
	struct pscope_padded_u64 *slot = padded_copy_address(memory, cpu);

	values[0] = READ_ONCE(slot->value);
	return true;
}

static void padded_set(const struct pscope_memory *memory, u64 updates, bool pattern)
{
	struct pscope_padded_u64 *slot;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		slot = padded_copy_address(memory, cpu);
		WRITE_ONCE(slot->value, pscope_value_after(updates, 1, pattern));
	}
}

const struct pscope_kind pscope_kind_array_padded = {
	.name = "array_padded",
	.fields = pscope_value_field,
	.field_count = 1,
	.size = sizeof(struct pscope_padded_u64) * NR_CPUS,
	.align = __alignof__(struct pscope_padded_u64),
	.unskewed = true,
	.idioms = padded_idioms,
	.idiom_count = ARRAY_SIZE(padded_idioms),
	.read_copy = padded_read_copy,
	.copy_address = padded_copy_address,
	.set = padded_set,
};
