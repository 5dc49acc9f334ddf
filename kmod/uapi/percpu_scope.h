/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The ABI of /dev/percpu_scope, shared by the module and its users.
 *
 * This room holds the ABI and nothing else: no kernel-internal type, no
 * helper, nothing that only one side needs.
 *
 * Rules every request follows:
 *  - members are __u32, __s32, __u64 or char arrays; sizes are multiples of 8
 *    and identical for 32-bit callers of a 64-bit kernel;
 *  - pointers travel as __u64, -EFAULT if they have more bits than the kernel's own;
 *    lengths in elements or bytes as named;
 *  - members called `reserved` must be zero, else -EINVAL, and so must what is
 *    behind the NUL of a name;
 *  - unknown flag bits are -EINVAL, unknown commands -ENOTTY;
 *  - a buffer that is too short is -ENOSPC, with the needed length written
 *    back and nothing else (but see struct percpu_scope_counters);
 *  - reading needs a descriptor open for reading, -EBADF without; hammering,
 *    creating, destroying and resetting need one open for writing, -EBADF
 *    without; counting calls needs CAP_PERFMON as well, -EPERM without;
 *  - fields and CPUs come in a fixed order: fields as described in struct
 *    percpu_scope_counter, CPUs as listed by PERCPU_SCOPE_GET_CPUS.
 */
#ifndef _UAPI_PERCPU_SCOPE_H
#define _UAPI_PERCPU_SCOPE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PERCPU_SCOPE_DEVICE_NAME	"percpu_scope"

/* Raised when a member changes its meaning; additions raise a feature bit. */
#define PERCPU_SCOPE_ABI_VERSION	1

/* Lengths of names, with their terminating NUL. */
#define PERCPU_SCOPE_NAME_SIZE		32
#define PERCPU_SCOPE_FIELD_NAME_SIZE	16
#define PERCPU_SCOPE_CALL_SIZE		64
#define PERCPU_SCOPE_RELEASE_SIZE	72
#define PERCPU_SCOPE_FUNCTION_SIZE	128

/* The most fields one counter has. */
#define PERCPU_SCOPE_FIELDS_MAX		4

/*
 * How a counter lies in memory. The first four are per-CPU memory reached
 * through a __percpu pointer; the others are what people use instead.
 */
enum percpu_scope_storage {
	PERCPU_SCOPE_STORAGE_U64,		/* u64 */
	PERCPU_SCOPE_STORAGE_LOCAL64,		/* local64_t */
	PERCPU_SCOPE_STORAGE_U64_STATS,		/* u64_stats_t group, u64_stats_sync */
	PERCPU_SCOPE_STORAGE_SEQCOUNT,		/* u64 group under its own seqcount_t */
	PERCPU_SCOPE_STORAGE_ATOMIC64,		/* one shared atomic64_t */
	PERCPU_SCOPE_STORAGE_SPINLOCK,		/* one shared u64 under a spinlock_t */
	PERCPU_SCOPE_STORAGE_ARRAY_PACKED,	/* u64[NR_CPUS] */
	PERCPU_SCOPE_STORAGE_ARRAY_PADDED,	/* the same, a cache line each */
	PERCPU_SCOPE_STORAGE_PERCPU_COUNTER,	/* struct percpu_counter */
	PERCPU_SCOPE_STORAGE_COUNT,
};

enum percpu_scope_origin {
	PERCPU_SCOPE_ORIGIN_STATIC,	/* lives as long as the module */
	PERCPU_SCOPE_ORIGIN_DYNAMIC,	/* created and destroyed by request */
};

/*
 * The macro or the call that made a counter. There is a static counter of each
 * macro that the kernel has and that a module can use: in a module not of
 * _PAGE_ALIGNED if pages are larger than 4 KiB.
 */
enum percpu_scope_variant {
	PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU,
	PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_FIRST,
	PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_SHARED_ALIGNED,
	PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_ALIGNED,
	PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_PAGE_ALIGNED,
	PERCPU_SCOPE_VARIANT_DEFINE_PER_CPU_READ_MOSTLY,
	PERCPU_SCOPE_VARIANT_ALLOC_PERCPU,	/* alloc_percpu(type) */
	PERCPU_SCOPE_VARIANT___ALLOC_PERCPU,	/* __alloc_percpu(size, align) */
	/* alloc_percpu_gfp(type, GFP_NOWAIT | __GFP_ACCOUNT) */
	PERCPU_SCOPE_VARIANT_ALLOC_PERCPU_GFP,
	PERCPU_SCOPE_VARIANT_ORDINARY,		/* not per-CPU memory at all */
	PERCPU_SCOPE_VARIANT_COUNT,
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

struct percpu_scope_info {
	__u32 abi_version;
	__u32 bits_per_long;
	__u64 features;
	__u32 possible_cpus;		/* how many, not the highest number */
	__u32 online_cpus;
	__u32 counters;			/* static and dynamic, now */
	__u32 dynamic_counters;		/* dynamic ones, now */
	__u32 dynamic_counters_max;	/* module parameter max_dynamic */
	__u32 idioms;
	__u32 page_size;		/* bytes */
	__u32 cache_line_size;		/* bytes, SMP_CACHE_BYTES */
	__u64 min_generator_period_ns;	/* shortest period, of all jobs on a CPU together */
	char  release[PERCPU_SCOPE_RELEASE_SIZE];	/* utsname()->release */
};

/* Bits of struct percpu_scope_cpu.flags. */
#define PERCPU_SCOPE_CPU_ONLINE		(1U << 0)

/* One possible CPU. Source: per_cpu_offset(), cpu_to_node(). */
struct percpu_scope_cpu {
	__u32 cpu;
	__s32 node;
	__u32 flags;
	__u32 reserved;
	/*
	 * per_cpu_offset(cpu): raw where the request asks for it, else minus
	 * per_cpu_offset() of the first possible CPU. Wraps modulo 2^64 (2^32
	 * on 32-bit kernels, zero-extended).
	 */
	__u64 offset;
};

/*
 * Flag of the requests that can show kernel addresses; -EPERM if not allowed.
 * The descriptor must have been opened with CAP_SYSLOG; where kptr_restrict is 1
 * the caller needs it as well, and at 2 nobody is allowed. Nor is anybody where
 * the module cannot know kptr_restrict: with kernels later than it was made for.
 */
#define PERCPU_SCOPE_RAW		(1U << 0)

struct percpu_scope_cpus {
	__u32 flags;		/* PERCPU_SCOPE_RAW */
	__u32 count;		/* in: elements at `cpus`; out: elements there are */
	__u64 cpus;		/* struct percpu_scope_cpu[] */
};

struct percpu_scope_field {
	char  name[PERCPU_SCOPE_FIELD_NAME_SIZE];
	/*
	 * What one update adds to this field. For a pattern idiom (see
	 * PERCPU_SCOPE_IDIOM_PATTERN) to each half, as for one that has
	 * PERCPU_SCOPE_IDIOM_BOTH_HALVES.
	 */
	__u64 weight;
};

/* Bits of struct percpu_scope_counter.flags. */
#define PERCPU_SCOPE_COUNTER_PERCPU	(1U << 0) /* has a __percpu pointer */
/* Fields read together come from the same update, on this kernel. */
#define PERCPU_SCOPE_COUNTER_UNSKEWED	(1U << 1)
/*
 * Has a __percpu pointer that is not shown: it lies in another chunk than the
 * static counters, and how far apart these are is as good as an address.
 */
#define PERCPU_SCOPE_COUNTER_APART	(1U << 2)
/* A finding has run on it since its last reset: nothing is promised of it. */
#define PERCPU_SCOPE_COUNTER_SPOILT	(1U << 3)

struct percpu_scope_counter {
	__u32 id;		/* never used twice while the module is loaded */
	__u32 storage;		/* enum percpu_scope_storage */
	__u32 origin;		/* enum percpu_scope_origin */
	__u32 variant;		/* enum percpu_scope_variant */
	__u32 flags;
	__u32 field_count;
	__u64 size;		/* bytes of one copy; of the whole for shared storage */
	__u64 align;		/* bytes, as asked for */
	/*
	 * The __percpu pointer: raw where asked for, else minus that of the
	 * lowest static counter. Zero if not PERCPU_SCOPE_COUNTER_PERCPU, or if
	 * PERCPU_SCOPE_COUNTER_APART.
	 */
	__u64 percpu_pointer;
	char  name[PERCPU_SCOPE_NAME_SIZE];
	struct percpu_scope_field fields[PERCPU_SCOPE_FIELDS_MAX];
};

/*
 * Counters come and go while they are listed. One that comes when the room is
 * used up makes it -ENOSPC: the elements, never more than there was room for,
 * are then to be thrown away, and `count` is a guess that is more than it was.
 */
struct percpu_scope_counters {
	__u32 flags;		/* PERCPU_SCOPE_RAW */
	__u32 count;		/* in: elements at `counters`; out: elements there are */
	__u64 counters;		/* struct percpu_scope_counter[] */
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

struct percpu_scope_idiom {
	__u32 id;
	__u32 flags;
	__u64 storages;		/* mask of 1 << enum percpu_scope_storage */
	/*
	 * Masks of 1 << enum percpu_scope_context, for this architecture and
	 * configuration: the contexts that may update one copy at the same
	 * time and lose nothing; and those that it can run in without hanging
	 * the CPU, lossy or not.
	 */
	__u32 conserved;
	__u32 runnable;
	char  name[PERCPU_SCOPE_NAME_SIZE];
	char  call[PERCPU_SCOPE_CALL_SIZE];	/* the kernel API it shows */
};

struct percpu_scope_idioms {
	__u32 reserved;
	__u32 count;		/* in: elements at `idioms`; out: elements there are */
	__u64 idioms;		/* struct percpu_scope_idiom[] */
};

/* Where one CPU's copy of a counter lies. */
struct percpu_scope_copy {
	__u32 cpu;
	__s32 node;		/* NUMA node of the page that holds the copy */
	/*
	 * per_cpu_ptr(pointer, cpu), or the address of the array element: raw
	 * where asked for, else minus that of the first possible CPU.
	 */
	__u64 address;
};

struct percpu_scope_copies {
	__u32 counter;		/* id; -ENOENT if there is none */
	__u32 flags;		/* PERCPU_SCOPE_RAW */
	__u32 count;		/* in: elements at `copies`; out: elements there are,
				 * one per possible CPU, 0 for storage with no copies
				 */
	__u32 reserved;
	__u64 copies;		/* struct percpu_scope_copy[] */
};

/*
 * One counter in a snapshot: this header, then
 * (cpu_count + 2) * field_count values, __u64 each:
 *	shared[field_count]		the part that belongs to no CPU
 *	value[cpu_count][field_count]	the part of each possible CPU
 *	sum[field_count]		shared plus all CPUs, modulo 2^64
 * `shared` is the whole value of an atomic64_t or of a u64 under a spinlock,
 * and the count of a struct percpu_counter (whose per-CPU parts may be
 * negative: two's complement); zero for all others.
 */
struct percpu_scope_record {
	__u32 counter;
	__u32 field_count;
	__u32 cpu_count;	/* possible CPUs */
	__u32 starved;		/* copies whose retries ran out: fields may not agree */
};

/*
 * Several counters in one call. Each copy is read once, its fields together
 * under its own lock or sequence if it has one. The parts of a struct
 * percpu_counter are read together, under its lock, as percpu_counter_sum()
 * reads them; else there is no consistency between CPUs or counters.
 */
struct percpu_scope_snapshot {
	__u64 ids;		/* __u32[]: counter ids, in the order wanted */
	__u64 records;		/* buffer for struct percpu_scope_record with values */
	__u64 size;		/* in: bytes at `records`; out: bytes needed */
	__u32 count;		/* elements at `ids` */
	__u32 reserved;
};

/* Bits of struct percpu_scope_job.flags. */
/*
 * In: run it even though nothing is promised of it: the idiom does not conserve in
 * these contexts, or not beside what else is at work. That spoils the counter, until
 * its next reset, and is refused while a promise is at work on it. What cannot be done
 * without hanging stays -EOPNOTSUPP.
 */
#define PERCPU_SCOPE_JOB_FINDING	(1U << 0)
/*
 * In: update once more, by a kprobe, in the middle of each update of a control
 * that has a window; for per-CPU u64 only. One such job at a time, -EBUSY.
 */
#define PERCPU_SCOPE_JOB_INJECT		(1U << 1)
/*
 * Out: a signal ended the job early, or other work that waited for the thread to
 * leave the kernel; the tally holds what was issued.
 */
#define PERCPU_SCOPE_JOB_INTERRUPTED	(1U << 2)
/* Out: the job's CPU went down, and its generators stopped with it. */
#define PERCPU_SCOPE_JOB_CPU_WENT_DOWN	(1U << 3)
/* Out: an update ran in another context than the one in whose tally it is. */
#define PERCPU_SCOPE_JOB_MISPLACED	(1U << 4)
/* Out: interrupts that another CPU sent are among the updates of hardirq context. */
#define PERCPU_SCOPE_JOB_IPIS		(1U << 5)

/*
 * One hammer run, by the calling thread on the CPU it runs on: pin it.
 * -ENOENT no such counter or idiom; -EINVAL the idiom does not fit the
 * storage, or a member is out of range; -EOPNOTSUPP a context that the idiom
 * does not promise or that this kernel cannot generate, or injection without
 * kprobes, or while they are switched off (kprobes/enabled in debugfs); -EPERM
 * injection where lockdown keeps probes out; -EUCLEAN the counter is spoilt: reset it;
 * -EBUSY the idioms of this job and of those that are at work on the counter do not all
 * conserve in the contexts of all of them together, another job generates NMIs on
 * this CPU, its jobs would together interrupt it more often in one of the contexts
 * than once in min_generator_period_ns, another job injects, or calls are counted
 * into the counter; -EINTR a fatal signal came before it began.
 *
 * A period is the least: where an interrupt takes long, fewer come, so that the CPU
 * has time for the job.
 */
struct percpu_scope_job {
	__u32 counter;
	__u32 idiom;
	/*
	 * In task context: exactly so many, or as many more as it takes until
	 * the interruptions are had. 0: the task does not update at all.
	 */
	__u64 updates;
	__u64 period_ns;	/* of each generator; 0 if `contexts` asks for none */
	__u64 interruptions;	/* the least that each interfering context issues */
	__u32 contexts;		/* mask of interfering contexts, without task */
	__u32 flags;
	/* out */
	__u64 tally[PERCPU_SCOPE_CONTEXT_COUNT];	/* updates issued, by context */
	__u64 injected;		/* updates by the kprobe, in no tally */
	/*
	 * Updates in interfering contexts that found a write section open on
	 * their own CPU: a reader there would have spun for ever.
	 */
	__u64 open_sections;
	__u64 elapsed_ns;	/* of the updates, without starting and stopping */
	__u32 cpu;		/* where it started */
	__u32 reserved;
};

/*
 * Read one CPU's copy of a counter over and over, in the kernel, and check
 * each reading. The copy must hold a pattern: -ENODATA if anything but pattern
 * idioms has updated the counter since it was created or reset. -ENOENT no such
 * counter; -EOPNOTSUPP no idiom writes patterns into its storage.
 *
 * It keeps nobody out: the counter may be reset meanwhile. Up to 1024 readings
 * about that time are in `done` and are not checked, and order is that of the
 * readings after it.
 */
struct percpu_scope_verify {
	__u32 counter;
	__u32 cpu;		/* whose copy; -EINVAL if not possible */
	__u64 reads;
	__u32 retries_max;	/* per reading; at most PERCPU_SCOPE_RETRIES_MAX */
	__u32 flags;		/* out: PERCPU_SCOPE_JOB_INTERRUPTED */
	/* out */
	__u64 done;		/* readings made, starved ones included */
	__u64 retries;
	__u64 starved;		/* given up; not checked */
	__u64 torn;		/* readings with a field that no writer wrote */
	__u64 skewed;		/* readings with fields of different updates */
	__u64 backward;		/* readings with a field behind the last reading */
	__u64 changed;		/* readings that differ from the one before */
	__u64 elapsed_ns;
	__u64 torn_example[PERCPU_SCOPE_FIELDS_MAX];	/* the first torn reading */
};

#define PERCPU_SCOPE_RETRIES_MAX	1000000U

/*
 * Make a dynamic counter. -EEXIST the name is taken; -EINVAL the name is empty,
 * has anything but letters, digits, '_', '-' and '.' or starts with one of the
 * last two, or size or alignment cannot be; -ENAMETOOLONG it has no NUL;
 * -EOPNOTSUPP the storage is not per-CPU memory or the variant makes no dynamic
 * counter; -EDQUOT a bound is reached, on their number or on the bytes of all
 * their copies; -ENOMEM the allocator refused. What takes no memory is told
 * before any is allocated.
 */
struct percpu_scope_create {
	char  name[PERCPU_SCOPE_NAME_SIZE];
	__u32 storage;
	__u32 variant;
	__u64 size;		/* bytes; 0: the storage's own; else __alloc_percpu only */
	__u64 align;		/* bytes; 0: the storage's own; else __alloc_percpu only */
	__u32 id;		/* in: 0; out */
	__u32 reserved;
};

/*
 * Destroy a dynamic counter, or zero a counter.
 * Destroy: -ENOENT, or -EPERM for a static counter. The counter vanishes at
 * once; jobs and readers under way finish on the memory, which goes with the
 * last of them.
 * Reset: -ENOENT, or -EBUSY while a job runs on the counter, another resets it
 * or calls are counted into it.
 */
struct percpu_scope_counter_ref {
	__u32 counter;		/* id */
	__u32 reserved;
};

/*
 * Count the calls of a kernel function into a counter, by a kprobe, on the CPU
 * that makes the call, until stopped, until the descriptor is closed or until
 * the module goes. It plants the probe in the running kernel: -EPERM if the
 * caller has neither CAP_PERFMON nor CAP_SYS_ADMIN. The counter is a per-CPU
 * u64, -EOPNOTSUPP if not. A call can come in any context, beside which most
 * idioms lose updates: meanwhile the counter takes no job and no reset, and
 * counting is -EBUSY while a job runs on it or it counts calls already. -ENOENT
 * no such counter, or no such function; -EINVAL the function cannot be probed;
 * -ENAMETOOLONG the name has no NUL; -EOPNOTSUPP a kernel without kprobes, or one
 * in which they are switched off (kprobes/enabled in debugfs); -EPERM also where
 * lockdown keeps probes out.
 */
struct percpu_scope_count_calls {
	__u32 counter;
	__u32 reserved;
	char  function[PERCPU_SCOPE_FUNCTION_SIZE];
};

/* Stop counting calls. -ENOENT: this descriptor does not count into it. */
struct percpu_scope_stop_calls {
	__u32 counter;
	__u32 reserved;
	__u64 missed;	/* out: calls not counted, made while a probe ran */
};

#define PERCPU_SCOPE_IOC_MAGIC		0xd7

#define PERCPU_SCOPE_GET_INFO \
	_IOR(PERCPU_SCOPE_IOC_MAGIC, 0x00, struct percpu_scope_info)
#define PERCPU_SCOPE_GET_CPUS \
	_IOWR(PERCPU_SCOPE_IOC_MAGIC, 0x01, struct percpu_scope_cpus)
#define PERCPU_SCOPE_LIST_COUNTERS \
	_IOWR(PERCPU_SCOPE_IOC_MAGIC, 0x02, struct percpu_scope_counters)
#define PERCPU_SCOPE_LIST_IDIOMS \
	_IOWR(PERCPU_SCOPE_IOC_MAGIC, 0x03, struct percpu_scope_idioms)
#define PERCPU_SCOPE_GET_COPIES \
	_IOWR(PERCPU_SCOPE_IOC_MAGIC, 0x04, struct percpu_scope_copies)
#define PERCPU_SCOPE_SNAPSHOT \
	_IOWR(PERCPU_SCOPE_IOC_MAGIC, 0x05, struct percpu_scope_snapshot)
#define PERCPU_SCOPE_VERIFY \
	_IOWR(PERCPU_SCOPE_IOC_MAGIC, 0x06, struct percpu_scope_verify)
#define PERCPU_SCOPE_HAMMER \
	_IOWR(PERCPU_SCOPE_IOC_MAGIC, 0x10, struct percpu_scope_job)
#define PERCPU_SCOPE_CREATE \
	_IOWR(PERCPU_SCOPE_IOC_MAGIC, 0x11, struct percpu_scope_create)
#define PERCPU_SCOPE_DESTROY \
	_IOW(PERCPU_SCOPE_IOC_MAGIC, 0x12, struct percpu_scope_counter_ref)
#define PERCPU_SCOPE_RESET \
	_IOW(PERCPU_SCOPE_IOC_MAGIC, 0x13, struct percpu_scope_counter_ref)

#define PERCPU_SCOPE_COUNT_CALLS \
	_IOW(PERCPU_SCOPE_IOC_MAGIC, 0x14, struct percpu_scope_count_calls)
#define PERCPU_SCOPE_STOP_CALLS \
	_IOWR(PERCPU_SCOPE_IOC_MAGIC, 0x15, struct percpu_scope_stop_calls)

#endif /* _UAPI_PERCPU_SCOPE_H */
