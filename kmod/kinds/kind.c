// SPDX-License-Identifier: GPL-2.0-only
/* What several kinds have in common. */
#include <linux/percpu.h>

#include "group.h"
#include "kind.h"

const struct pscope_field pscope_value_field[1] = {
	{ "value", 1, 64 },
};

const struct pscope_field pscope_group_fields[PSCOPE_GROUP_FIELDS] = {
	[PSCOPE_RX_PACKETS] = { "rx_packets", 1, 64 },
	[PSCOPE_RX_BYTES] = { "rx_bytes", PSCOPE_RX_PACKET_BYTES, 64 },
	[PSCOPE_TX_PACKETS] = { "tx_packets", 1, 64 },
	[PSCOPE_TX_BYTES] = { "tx_bytes", PSCOPE_TX_PACKET_BYTES, 64 },
};

void *pscope_percpu_copy_address(const struct pscope_memory *memory, unsigned int cpu)
{
	return per_cpu_ptr(memory->percpu, cpu);
}
