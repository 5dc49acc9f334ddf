// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies ranges of kernel memory into a map that user space has mapped. Knows
 * addresses and sizes, nothing of variables: what they mean is user space's.
 * A plain loop, not bpf_loop(): kernels without a JIT for callbacks take it, too.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "read_memory.h"

const char gpl[] SEC("license") = "GPL";

const volatile struct percpu_scope_read_limits limits;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* user space knows how many */
	__type(key, __u32);
	__type(value, struct percpu_scope_read_range);
} ranges SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* these two as well */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, read_memory_chunk);
} output SEC(".maps");

SEC("syscall")
int read_memory(struct percpu_scope_read_run *run)
{
	__u32 first = run->first;
	__u32 i;

#pragma clang loop unroll(disable)
	for (i = 0; i < read_memory_batch; i++) {
		struct percpu_scope_read_range *range;
		__u32 index = first + i;
		__u32 element, offset, size;
		char *out;

		if (index >= limits.ranges)
			break;
		range = bpf_map_lookup_elem(&ranges, &index);
		if (!range)
			return 1;
		element = range->element;
		out = bpf_map_lookup_elem(&output, &element);
		if (!out)
			return 1;
		/* User space may write to the map meanwhile: look once. */
		offset = *(volatile __u32 *)&range->offset;
		size = *(volatile __u32 *)&range->size;
		if (offset > limits.last_offset || size > read_memory_chunk)
			return 1;
		range->error = bpf_probe_read_kernel(out + offset, size,
						     (const void *)(unsigned long)range->address);
	}
	return 0;
}
