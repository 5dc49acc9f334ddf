/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The ABI of /dev/percpu_scope, shared by the module and its users: structs and
 * numbers, and nothing that only one side needs. What requests mean, which errors
 * they end in and how they may grow is in docs/abi.md.
 */
#ifndef _UAPI_PERCPU_SCOPE_H
#define _UAPI_PERCPU_SCOPE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PERCPU_SCOPE_DEVICE_NAME	"percpu_scope"

/* Raised when a member changes its meaning; additions need no other number. */
#define PERCPU_SCOPE_ABI_VERSION	2

/* Lengths of names, with their terminating NUL. */
#define PERCPU_SCOPE_NAME_SIZE		32
#define PERCPU_SCOPE_FIELD_NAME_SIZE	24
#define PERCPU_SCOPE_CALL_SIZE		64
#define PERCPU_SCOPE_RELEASE_SIZE	72
#define PERCPU_SCOPE_FUNCTION_SIZE	128
#define PERCPU_SCOPE_IN_THE_WAY_SIZE	96

/* Contexts that a tally has room for: more than there are. */
#define PERCPU_SCOPE_CONTEXTS_MAX	16

/* The most retries of one reading that a request may ask for. */
#define PERCPU_SCOPE_RETRIES_MAX	1000000U

enum percpu_scope_origin {
	PERCPU_SCOPE_ORIGIN_STATIC,	/* lives as long as the module */
	PERCPU_SCOPE_ORIGIN_DYNAMIC,	/* created and destroyed by request */
};

/* Where an update runs. Masks of contexts are built as 1 << context. */
enum percpu_scope_context {
	PERCPU_SCOPE_CONTEXT_TASK,
	PERCPU_SCOPE_CONTEXT_SOFTIRQ,
	PERCPU_SCOPE_CONTEXT_HARDIRQ,
	PERCPU_SCOPE_CONTEXT_NMI,
	PERCPU_SCOPE_CONTEXT_COUNT,
};

/* Bits of struct percpu_scope_info.features. */
#define PERCPU_SCOPE_FEATURE_CONTROLS	(1ULL << 0) /* controls are built in */
#define PERCPU_SCOPE_FEATURE_SYNCP	(1ULL << 1) /* u64_stats_sync holds a real seqcount */
#define PERCPU_SCOPE_FEATURE_RAW	(1ULL << 2) /* this descriptor may see kernel addresses */
#define PERCPU_SCOPE_FEATURE_RT		(1ULL << 3) /* PREEMPT_RT */
#define PERCPU_SCOPE_FEATURE_NMI	(1ULL << 4) /* NMIs can be generated */
#define PERCPU_SCOPE_FEATURE_SMP	(1ULL << 5) /* built with CONFIG_SMP */
#define PERCPU_SCOPE_FEATURE_KPROBES	(1ULL << 6) /* injection, counting calls */
#define PERCPU_SCOPE_FEATURE_PREEMPT	(1ULL << 7) /* a task can be preempted in the kernel, now */

/**
 * struct percpu_scope_info - what the module is, and what it allows
 * @size: bytes of the request as the caller knows it
 * @abi_version: PERCPU_SCOPE_ABI_VERSION of the module
 * @features: mask of PERCPU_SCOPE_FEATURE_*
 * @bits_per_long: of the kernel
 * @page_size: bytes
 * @cache_line_size: bytes, SMP_CACHE_BYTES
 * @possible_cpus: how many, not the highest number
 * @online_cpus: how many, now
 * @counters: static and dynamic ones, now
 * @dynamic_counters: dynamic ones, now
 * @dynamic_counters_max: the most of them; module parameter max_dynamic
 * @dynamic_bytes: of their copies on all possible CPUs, now
 * @dynamic_bytes_max: the most of them; module parameter max_dynamic_bytes
 * @probes: kprobes that count calls, now
 * @probes_max: the most of them; module parameter max_probes
 * @idioms: how many, controls included
 * @kinds: how many
 * @min_generator_period_ns: in each context the timers of all jobs on a CPU interrupt it
 *	together no oftener than once in this; IPIs and irq_work come beside those of
 *	hardirq context, once in four and in eight periods
 * @release: utsname()->release
 */
struct percpu_scope_info {
	__u32 size;
	__u32 abi_version;
	__u64 features;
	__u32 bits_per_long;
	__u32 page_size;
	__u32 cache_line_size;
	__u32 possible_cpus;
	__u32 online_cpus;
	__u32 counters;
	__u32 dynamic_counters;
	__u32 dynamic_counters_max;
	__u64 dynamic_bytes;
	__u64 dynamic_bytes_max;
	__u32 probes;
	__u32 probes_max;
	__u32 idioms;
	__u32 kinds;
	__u64 min_generator_period_ns;
	char  release[PERCPU_SCOPE_RELEASE_SIZE];
};

/*
 * Flag of the lists that can show kernel addresses; -EPERM if not allowed. The
 * descriptor must have been opened with CAP_SYSLOG; where kptr_restrict is 1 the caller
 * needs it as well, and at 2 nobody is allowed. Nor is anybody where the module cannot
 * know kptr_restrict: with kernels later than it was made for.
 */
#define PERCPU_SCOPE_RAW		(1U << 0)

/**
 * struct percpu_scope_list - ask for a list
 * @size: bytes of the request as the caller knows it
 * @flags: PERCPU_SCOPE_RAW, for CPUs, counters and copies
 * @of: the counter whose copies are listed; 0 for all other lists
 * @element_size: bytes of an element as the caller knows it: a longer one is cut off,
 *	a shorter one filled with zeros
 * @count: in: elements that there is room for; out: elements there are
 * @reserved: 0
 * @elements: the array
 */
struct percpu_scope_list {
	__u32 size;
	__u32 flags;
	__u32 of;
	__u32 element_size;
	__u32 count;
	__u32 reserved;
	__u64 elements;
};

/* Bits of struct percpu_scope_cpu.flags. */
#define PERCPU_SCOPE_CPU_ONLINE		(1U << 0)

/**
 * struct percpu_scope_cpu - one possible CPU, an element of PERCPU_SCOPE_LIST_CPUS
 * @cpu: its number
 * @node: cpu_to_node()
 * @flags: mask of PERCPU_SCOPE_CPU_*
 * @reserved: 0
 * @offset: per_cpu_offset(): raw where asked for, else minus that of the first possible
 *	CPU, modulo 2^64 (2^32 on 32-bit kernels, zero-extended)
 */
struct percpu_scope_cpu {
	__u32 cpu;
	__s32 node;
	__u32 flags;
	__u32 reserved;
	__u64 offset;
};

/**
 * struct percpu_scope_context_name - an element of PERCPU_SCOPE_LIST_CONTEXTS
 * @context: enum percpu_scope_context, or one that this header does not know
 * @supported: 1 if updates can be made in it on this machine, else 0
 * @name: as it is printed
 */
struct percpu_scope_context_name {
	__u32 context;
	__u32 supported;
	char  name[PERCPU_SCOPE_NAME_SIZE];
};

/* Bits of struct percpu_scope_variant.flags. */
#define PERCPU_SCOPE_VARIANT_CREATES	(1U << 0) /* makes dynamic counters */
#define PERCPU_SCOPE_VARIANT_SIZED	(1U << 1) /* and takes a size and an alignment */

/**
 * struct percpu_scope_variant - an element of PERCPU_SCOPE_LIST_VARIANTS
 * @variant: its number
 * @flags: mask of PERCPU_SCOPE_VARIANT_*
 * @name: the kernel's macro or call, as it is written there
 */
struct percpu_scope_variant {
	__u32 variant;
	__u32 flags;
	char  name[PERCPU_SCOPE_NAME_SIZE];
};

/* Bits of struct percpu_scope_kind.flags. */
#define PERCPU_SCOPE_KIND_PERCPU	(1U << 0) /* per-CPU memory */
/* Fields read together come from the same update, on this kernel. */
#define PERCPU_SCOPE_KIND_UNSKEWED	(1U << 1)
#define PERCPU_SCOPE_KIND_VERIFIABLE	(1U << 2) /* an idiom writes patterns into it */
#define PERCPU_SCOPE_KIND_COUNTS_CALLS	(1U << 3) /* takes injections and counts calls */
#define PERCPU_SCOPE_KIND_DYNAMIC	(1U << 4) /* counters of it can be created */
#define PERCPU_SCOPE_KIND_FOLDS		(1U << 5) /* copies are folded into what is shared */

/**
 * struct percpu_scope_kind - how counters lie in memory: an element of PERCPU_SCOPE_LIST_KINDS
 * @kind: its number, while the module is loaded
 * @flags: mask of PERCPU_SCOPE_KIND_*
 * @field_count: how many fields a counter of it has
 * @reserved: 0
 * @size: bytes of one copy; of the whole for what is shared
 * @align: bytes
 * @name: as it is printed
 */
struct percpu_scope_kind {
	__u32 kind;
	__u32 flags;
	__u32 field_count;
	__u32 reserved;
	__u64 size;
	__u64 align;
	char  name[PERCPU_SCOPE_NAME_SIZE];
};

/**
 * struct percpu_scope_field - an element of PERCPU_SCOPE_LIST_FIELDS
 * @kind: whose field it is; all kinds' are listed, in the order of the kinds, and in
 *	that of the values in a record
 * @bits: 64, or fewer: what is counted wraps at 2^bits, and so what it has gained, which
 *	is a difference of sums, is to be taken modulo that
 * @weight: what one update adds to it; an idiom with PERCPU_SCOPE_IDIOM_PATTERN or
 *	PERCPU_SCOPE_IDIOM_BOTH_HALVES adds it to each half
 * @name: as it is printed
 */
struct percpu_scope_field {
	__u32 kind;
	__u32 bits;
	__u64 weight;
	char  name[PERCPU_SCOPE_FIELD_NAME_SIZE];
};

/* Bits of struct percpu_scope_idiom.flags. */
/*
 * Writes a pattern instead of a sum: both 32-bit halves of a field hold
 * updates * weight modulo 2^32, so that a torn value shows as unequal halves.
 */
#define PERCPU_SCOPE_IDIOM_PATTERN	(1U << 0)
/* A control: deliberately broken, must be caught where the kernel can show it. */
#define PERCPU_SCOPE_IDIOM_CONTROL	(1U << 1)
/*
 * A reader on another CPU never sees a torn field, on this kernel. Not of what
 * updates in plain C, which a compiler may split: no tear will have been seen,
 * and none is ruled out.
 */
#define PERCPU_SCOPE_IDIOM_UNTORN	(1U << 2)
/*
 * Adds the weight to both 32-bit halves of a field by one addition, weight *
 * (2^32 + 1) modulo 2^64. No pattern: the lower half carries into the upper.
 */
#define PERCPU_SCOPE_IDIOM_BOTH_HALVES	(1U << 3)
/*
 * In the middle of an update a reader sees more or less than was counted: what it takes
 * out it gives back.
 */
#define PERCPU_SCOPE_IDIOM_TRANSIENT	(1U << 4)

/**
 * struct percpu_scope_idiom - one way to update: an element of PERCPU_SCOPE_LIST_IDIOMS
 * @idiom: its number, while the module is loaded
 * @kind: of the counters that it updates
 * @flags: mask of PERCPU_SCOPE_IDIOM_*
 * @reserved: 0
 * @conserved: mask of the contexts that may update one copy at the same time and lose
 *	nothing, on this architecture and configuration
 * @runnable: mask of the contexts that it can run in without hanging the CPU, lossy or not
 * @name: as it is printed
 * @call: the kernel API that it shows
 */
struct percpu_scope_idiom {
	__u32 idiom;
	__u32 kind;
	__u32 flags;
	__u32 reserved;
	__u64 conserved;
	__u64 runnable;
	char  name[PERCPU_SCOPE_NAME_SIZE];
	char  call[PERCPU_SCOPE_CALL_SIZE];
};

/* Bits of struct percpu_scope_counter.flags. */
#define PERCPU_SCOPE_COUNTER_PERCPU	(1U << 0) /* has a __percpu pointer */
/*
 * Has a __percpu pointer that is not shown: it lies in another chunk than the
 * static counters, and how far apart these are is as good as an address.
 */
#define PERCPU_SCOPE_COUNTER_APART	(1U << 1)
/* A finding has run on it since its last reset: nothing is promised of it. */
#define PERCPU_SCOPE_COUNTER_SPOILT	(1U << 2)
/* It goes with the descriptor that created it. */
#define PERCPU_SCOPE_COUNTER_TEMPORARY	(1U << 3)

/**
 * struct percpu_scope_counter - an element of PERCPU_SCOPE_LIST_COUNTERS
 * @counter: its number, never used twice while the module is loaded
 * @kind: how it lies in memory
 * @origin: enum percpu_scope_origin
 * @variant: the macro or the call that made it
 * @flags: mask of PERCPU_SCOPE_COUNTER_*
 * @reserved: 0
 * @bytes: of one copy; of the whole for what is shared
 * @align: bytes, as asked for
 * @percpu_pointer: the __percpu pointer: raw where asked for, else minus that of the
 *	lowest static counter; 0 if not PERCPU_SCOPE_COUNTER_PERCPU, or if
 *	PERCPU_SCOPE_COUNTER_APART
 * @name: letters, digits, '_', '-' and '.'
 */
struct percpu_scope_counter {
	__u32 counter;
	__u32 kind;
	__u32 origin;
	__u32 variant;
	__u32 flags;
	__u32 reserved;
	__u64 bytes;
	__u64 align;
	__u64 percpu_pointer;
	char  name[PERCPU_SCOPE_NAME_SIZE];
};

/**
 * struct percpu_scope_copy - where one CPU's copy lies: an element of PERCPU_SCOPE_LIST_COPIES
 * @cpu: whose
 * @node: NUMA node of the page that holds it
 * @address: per_cpu_ptr(pointer, cpu), or of the array's element: raw where asked for,
 *	else minus that of the first possible CPU
 */
struct percpu_scope_copy {
	__u32 cpu;
	__s32 node;
	__u64 address;
};

/**
 * struct percpu_scope_record - one counter in a snapshot
 * @counter: its number
 * @field_count: how many fields it has
 * @cpu_count: possible CPUs
 * @starved: copies whose retries ran out: their fields may not agree
 *
 * Behind it are (cpu_count + 2) * field_count values, __u64 each:
 *
 *	shared[field_count]		the part that belongs to no CPU
 *	value[cpu_count][field_count]	the part of each possible CPU
 *	sum[field_count]		shared plus all CPUs, modulo 2^64
 *
 * @shared is the whole value of an atomic64_t or of a u64 under a spinlock, and the
 * count of a struct percpu_counter, whose per-CPU parts may be negative (two's
 * complement); zero for all others.
 */
struct percpu_scope_record {
	__u32 counter;
	__u32 field_count;
	__u32 cpu_count;
	__u32 starved;
};

/**
 * struct percpu_scope_snapshot - read several counters in one call
 * @size: bytes of the request as the caller knows it
 * @count: elements at @ids
 * @ids: __u32[]: counters, in the order wanted
 * @records: buffer for struct percpu_scope_record with values
 * @records_size: in: bytes at @records; out: bytes needed
 */
struct percpu_scope_snapshot {
	__u32 size;
	__u32 count;
	__u64 ids;
	__u64 records;
	__u64 records_size;
};

/* Bits of struct percpu_scope_job.flags: in. */
/*
 * Run it even though nothing is promised of it: the idiom does not conserve in these
 * contexts, or not beside what else is at work. That spoils the counter until its next
 * reset, and is refused while a promise is at work on it.
 */
#define PERCPU_SCOPE_JOB_FINDING	(1U << 0)
/*
 * Update once more, by a kprobe, in the middle of each update of a control that has a
 * window. One such job at a time.
 */
#define PERCPU_SCOPE_JOB_INJECT		(1U << 1)
/*
 * Make each update of the task with bottom halves off. Softirqs do not come in between
 * then, so an idiom that conserves in tasks alone conserves beside them, too; not on
 * PREEMPT_RT, where bottom halves that are off keep out only who turns them off as well,
 * if anybody. Without @updates there is no task that could: -EINVAL.
 */
#define PERCPU_SCOPE_JOB_BH_OFF		(1U << 2)

/* Bits of the .outcome of jobs and verifying reads. */
/*
 * A signal ended it early, or other work that waited for the thread to leave the kernel;
 * the tally holds what was issued.
 */
#define PERCPU_SCOPE_OUTCOME_INTERRUPTED	(1U << 0)
/* The job's CPU went down, and its generators stopped with it. */
#define PERCPU_SCOPE_OUTCOME_CPU_WENT_DOWN	(1U << 1)
/* An update ran in another context than the one in whose tally it is. */
#define PERCPU_SCOPE_OUTCOME_MISPLACED		(1U << 2)

/**
 * struct percpu_scope_job - hammer a counter, in the calling thread on its CPU: pin it
 * @size: bytes of the request as the caller knows it
 * @counter: what to update
 * @idiom: how
 * @flags: mask of PERCPU_SCOPE_JOB_*
 * @updates: in task context: exactly so many, or as many more as it takes until the
 *	interruptions are had; 0: the task does not update at all
 * @period_ns: of each generator, at least; 0 if @contexts asks for none
 * @interruptions: the least that each interfering context issues
 * @contexts: mask of interfering contexts, without task
 * @tally: out: updates issued, by context
 * @ipis: out: updates among those of hardirq context that an interrupt from another
 *	CPU made
 * @irq_works: out: updates among those of hardirq context that an irq_work made
 * @injected: out: updates by the kprobe, in no tally
 * @open_sections: out: updates in interfering contexts that found a write section open
 *	on their own CPU: a reader there would have spun for ever
 * @elapsed_ns: out: of the updates, without starting and stopping
 * @migrations: out: times that the thread went to another CPU meanwhile
 * @preemptions: out: times that it lost its CPU meanwhile, without asking for it
 * @cpu: out: where it started
 * @outcome: out: mask of PERCPU_SCOPE_OUTCOME_*
 * @in_the_way: out, with -EBUSY: who is, by name; empty with anything else
 * @nested: out: updates in interfering contexts while another such update was under way on
 *	their CPU, of this job or another: an NMI in an interrupt's, an interrupt in a softirq's
 */
struct percpu_scope_job {
	__u32 size;
	__u32 counter;
	__u32 idiom;
	__u32 flags;
	__u64 updates;
	__u64 period_ns;
	__u64 interruptions;
	__u64 contexts;
	__u64 tally[PERCPU_SCOPE_CONTEXTS_MAX];
	__u64 ipis;
	__u64 irq_works;
	__u64 injected;
	__u64 open_sections;
	__u64 elapsed_ns;
	__u64 migrations;
	__u64 preemptions;
	__u32 cpu;
	__u32 outcome;
	char  in_the_way[PERCPU_SCOPE_IN_THE_WAY_SIZE];
	__u64 nested;
};

/**
 * struct percpu_scope_verify - read a copy over and over in the kernel, and check each reading
 * @size: bytes of the request as the caller knows it
 * @counter: what to read; it must hold a pattern
 * @cpu: whose copy
 * @retries_max: per reading; at most PERCPU_SCOPE_RETRIES_MAX
 * @reads: how many readings
 * @torn_example: 0, or __u64[]: the fields of the first torn reading
 * @torn_fields: elements that there is room for at @torn_example, as many as the kind's
 *	fields at least
 * @outcome: out: PERCPU_SCOPE_OUTCOME_INTERRUPTED
 * @done: out: readings made, starved ones included
 * @retries: out: of all of them
 * @starved: out: given up; not checked
 * @torn: out: readings with a field that no writer wrote
 * @skewed: out: readings with fields of different updates
 * @backward: out: readings with a field behind the last reading
 * @changed: out: readings that differ from the one before
 * @elapsed_ns: out
 */
struct percpu_scope_verify {
	__u32 size;
	__u32 counter;
	__u32 cpu;
	__u32 retries_max;
	__u64 reads;
	__u64 torn_example;
	__u32 torn_fields;
	__u32 outcome;
	__u64 done;
	__u64 retries;
	__u64 starved;
	__u64 torn;
	__u64 skewed;
	__u64 backward;
	__u64 changed;
	__u64 elapsed_ns;
};

/* Bits of struct percpu_scope_create.flags. */
/* Destroy it when the descriptor is closed: for who may be killed. */
#define PERCPU_SCOPE_CREATE_TEMPORARY	(1U << 0)

/**
 * struct percpu_scope_create - make a dynamic counter
 * @size: bytes of the request as the caller knows it
 * @kind: how it lies in memory: one with PERCPU_SCOPE_KIND_DYNAMIC
 * @variant: the call that makes it: one with PERCPU_SCOPE_VARIANT_CREATES
 * @flags: mask of PERCPU_SCOPE_CREATE_*
 * @bytes: of a copy; 0: the kind's own; else with PERCPU_SCOPE_VARIANT_SIZED only
 * @align: bytes; 0: the kind's own; else with PERCPU_SCOPE_VARIANT_SIZED only
 * @name: letters, digits, '_', '-' and '.', the last two not first
 * @counter: out: its number
 * @reserved: 0
 */
struct percpu_scope_create {
	__u32 size;
	__u32 kind;
	__u32 variant;
	__u32 flags;
	__u64 bytes;
	__u64 align;
	char  name[PERCPU_SCOPE_NAME_SIZE];
	__u32 counter;
	__u32 reserved;
};

/**
 * struct percpu_scope_destroy - destroy a dynamic counter
 * @size: bytes of the request as the caller knows it
 * @counter: its number
 */
struct percpu_scope_destroy {
	__u32 size;
	__u32 counter;
};

/* Bits of struct percpu_scope_reset.flags. */
/* Start as pattern idioms would have left it, not as sums. */
#define PERCPU_SCOPE_RESET_PATTERN	(1U << 0)

/**
 * struct percpu_scope_reset - give a counter a value
 * @size: bytes of the request as the caller knows it
 * @counter: its number
 * @flags: mask of PERCPU_SCOPE_RESET_*
 * @reserved: 0
 * @start: as if so many updates had been made to every copy, or to what is shared: each
 *	field is that times its weight, modulo 2^64, or a pattern of it
 * @in_the_way: out, with -EBUSY: who is, by name; empty with anything else
 */
struct percpu_scope_reset {
	__u32 size;
	__u32 counter;
	__u32 flags;
	__u32 reserved;
	__u64 start;
	char  in_the_way[PERCPU_SCOPE_IN_THE_WAY_SIZE];
};

/**
 * struct percpu_scope_count_calls - count the calls of a kernel function, by a kprobe
 * @size: bytes of the request as the caller knows it
 * @counter: counts them, on the CPU that makes the call: of a kind with
 *	PERCPU_SCOPE_KIND_COUNTS_CALLS
 * @function: its symbol
 * @in_the_way: out, with -EBUSY: who is, by name; empty with anything else
 */
struct percpu_scope_count_calls {
	__u32 size;
	__u32 counter;
	char  function[PERCPU_SCOPE_FUNCTION_SIZE];
	char  in_the_way[PERCPU_SCOPE_IN_THE_WAY_SIZE];
};

/**
 * struct percpu_scope_stop_calls - stop counting calls
 * @size: bytes of the request as the caller knows it
 * @counter: counts them, for this descriptor
 * @missed: out: calls not counted, made while a probe ran
 */
struct percpu_scope_stop_calls {
	__u32 size;
	__u32 counter;
	__u64 missed;
};

/* The size is the request's own member, so the numbers are the same everywhere. */
#define PERCPU_SCOPE_IOC_MAGIC		0xd7

/* Need a descriptor open for reading; -EBADF without. */
#define PERCPU_SCOPE_GET_INFO		_IO(PERCPU_SCOPE_IOC_MAGIC, 0x20)
#define PERCPU_SCOPE_LIST_CPUS		_IO(PERCPU_SCOPE_IOC_MAGIC, 0x21)
#define PERCPU_SCOPE_LIST_CONTEXTS	_IO(PERCPU_SCOPE_IOC_MAGIC, 0x22)
#define PERCPU_SCOPE_LIST_VARIANTS	_IO(PERCPU_SCOPE_IOC_MAGIC, 0x23)
#define PERCPU_SCOPE_LIST_KINDS		_IO(PERCPU_SCOPE_IOC_MAGIC, 0x24)
#define PERCPU_SCOPE_LIST_FIELDS	_IO(PERCPU_SCOPE_IOC_MAGIC, 0x25)
#define PERCPU_SCOPE_LIST_IDIOMS	_IO(PERCPU_SCOPE_IOC_MAGIC, 0x26)
#define PERCPU_SCOPE_LIST_COUNTERS	_IO(PERCPU_SCOPE_IOC_MAGIC, 0x27)
#define PERCPU_SCOPE_LIST_COPIES	_IO(PERCPU_SCOPE_IOC_MAGIC, 0x28)
#define PERCPU_SCOPE_SNAPSHOT		_IO(PERCPU_SCOPE_IOC_MAGIC, 0x29)
#define PERCPU_SCOPE_VERIFY		_IO(PERCPU_SCOPE_IOC_MAGIC, 0x2a)

/* Need one open for writing. */
#define PERCPU_SCOPE_HAMMER		_IO(PERCPU_SCOPE_IOC_MAGIC, 0x30)
#define PERCPU_SCOPE_CREATE		_IO(PERCPU_SCOPE_IOC_MAGIC, 0x31)
#define PERCPU_SCOPE_DESTROY		_IO(PERCPU_SCOPE_IOC_MAGIC, 0x32)
#define PERCPU_SCOPE_RESET		_IO(PERCPU_SCOPE_IOC_MAGIC, 0x33)
#define PERCPU_SCOPE_COUNT_CALLS	_IO(PERCPU_SCOPE_IOC_MAGIC, 0x34)
#define PERCPU_SCOPE_STOP_CALLS		_IO(PERCPU_SCOPE_IOC_MAGIC, 0x35)

#endif /* _UAPI_PERCPU_SCOPE_H */
