/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What read_memory.bpf.c and memory_reader.cpp have in common: the shape of its
 * maps, its constants and its argument. C that both compilers understand.
 */
#ifndef PERCPU_SCOPE_READ_MEMORY_H
#define PERCPU_SCOPE_READ_MEMORY_H

#include <linux/types.h>

enum {
	/* Bytes that one range has at most. */
	read_memory_chunk = 4096,
	/*
	 * Ranges of one run. The verifier walks through every round of the loop, so
	 * this is what loading costs; a system call for as many is cheap.
	 */
	read_memory_batch = 128,
};

struct percpu_scope_read_range {
	__u64 address;
	__u32 size;
	/* Where it goes: an element of the output, and a place in it. */
	__u32 element;
	__u32 offset;
	/* 0, or the negative errno of reading. */
	__s32 error;
};

/* Set before loading, so that the verifier knows them. */
struct percpu_scope_read_limits {
	__u32 ranges;
	/* A range may start here in an element, and no later: a chunk more fits. */
	__u32 last_offset;
};

struct percpu_scope_read_run {
	/* The first range of the batch. */
	__u32 first;
	__u32 reserved;
};

#endif
