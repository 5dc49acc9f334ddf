// SPDX-License-Identifier: GPL-2.0-only
/* What several kinds have in common. */
#include <linux/percpu.h>

#include "kind.h"

const struct pscope_field pscope_value_field[1] = {
	{ "value", 1, 64 },
};

void *pscope_percpu_copy_address(const struct pscope_memory *memory, unsigned int cpu)
{
	return per_cpu_ptr(memory->percpu, cpu);
}
